/** A plugin whose own calls of Kinesis a test answers, on vitest's clock. */

import { vi } from 'vitest';
import { systemClock } from '../../../plugins/kinesis-ingest/clock';
import { KinesisIngest, type Surroundings } from '../../../plugins/kinesis-ingest/KinesisIngest';
import { createDelivery } from '../../../plugins/kinesis-ingest/send/delivery';
import { capturedLog } from './capturedLog';
import { credentialsOf, EXAMPLE_CREDENTIALS, NEW_ID, pluginConfig } from './examples';
import { type Handled, handled, type PostedRequest } from './handledRequest';
import { type ScriptedClient, textsOf } from './scriptedClient';

export const DEADLINE_MS = 1000;

/** A plugin whose own calls the client answers. */
export function pluginThrough(
  client: ScriptedClient,
  more: Record<string, unknown> = {},
  surroundings: Partial<Surroundings> = {},
) {
  const { log } = capturedLog();
  let ids = 0;
  return new KinesisIngest(pluginConfig({ deadline_ms: DEADLINE_MS, batch_linger_ms: 0, ...more }), {
    log,
    now: () => new Date(),
    newId: () => (ids++ === 0 ? NEW_ID : `new-${ids}`),
    credentials: () => credentialsOf(() => EXAMPLE_CREDENTIALS),
    delivery: (config, credentials) =>
      createDelivery(config, { credentials, log, client, clock: { ...systemClock, random: () => 0.5 } }),
    ...surroundings,
  });
}

/** Handles a request, and lets no more than the time pass. */
export async function post(
  plugin: KinesisIngest,
  request: PostedRequest,
  withinMs = DEADLINE_MS,
): Promise<Handled & { afterMs: number }> {
  const startedAt = Date.now();
  let result: (Handled & { afterMs: number }) | undefined;
  const handling = handled(plugin, request).then((done) => {
    result = { ...done, afterMs: Date.now() - startedAt };
  });
  for (let turns = 0; turns < 20; turns++) await vi.advanceTimersByTimeAsync(withinMs / 20);
  if (result === undefined) throw new Error(`not answered within ${withinMs} ms`);
  await handling;
  return result;
}

/** The events that were sent to a stream, in their order. */
export const eventsIn = (client: ScriptedClient, stream: string) =>
  client.calls
    .filter((call) => call.stream === stream)
    .flatMap(textsOf)
    .map((text) => JSON.parse(text) as Record<string, unknown>);
