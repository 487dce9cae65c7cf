/** A gateway that somebody outside attacks: what they can send, and what has to hold whatever they send. */

import { beforeEach, expect } from 'vitest';
import type { Kinesis } from '../../testkit/kinesis/startKinesis';
import { type KongYml, liftRateLimit, pluginOf } from '../../testkit/kongYml';
import { type Answer, postEvent, type RequestOptions } from './http';
import { type RawAnswer, rawRequest, sendRaw } from './rawHttp';
import { type GatewayAndKinesis, useGateway } from './useGateway';

/** What no answer and no header to Kinesis may hold. */
export const MARK = 'attacker-was-here';
/** What a user id is. */
export const ID = /^[A-Za-z0-9._:@|/+=~-]{1,128}$/;

export interface AttackedGateway {
  readonly stack: GatewayAndKinesis<Kinesis>;
  post(event: unknown, headers?: RequestOptions['headers']): Promise<Answer>;
  /** Sends headers that no HTTP client would send. */
  raw(headers: readonly string[], body?: string): Promise<RawAnswer>;
  storedTexts(): string[];
  storedEvents(): Record<string, unknown>[];
  /** Whatever has reached Kinesis is a call of ours: for our stream, rightly signed, with none of the client's headers. */
  expectOnlyOurCalls(): Promise<void>;
  expectStillServing(): Promise<void>;
}

/** Attacks must not be stopped by the rate limit, which is another defence. */
export function withDelivery(delivery: string, more: Record<string, unknown> = {}) {
  return (kongYml: KongYml) => {
    liftRateLimit(kongYml);
    Object.assign(pluginOf(kongYml, 'kinesis-ingest').config, { delivery, batch_linger_ms: 0, ...more });
  };
}

export function useAttackedGateway(delivery: string): AttackedGateway {
  const stack = useGateway({ config: withDelivery(delivery) });

  beforeEach(() => {
    stack.kinesis.forget();
  });

  const post: AttackedGateway['post'] = (event, headers = {}) =>
    postEvent(stack.gateway.proxyUrl, event, headers);
  const storedTexts = () => stack.kinesis.stored.map(({ data }) => data);
  const storedEvents = () => storedTexts().map((data) => JSON.parse(data) as Record<string, unknown>);

  async function expectOnlyOurCalls(): Promise<void> {
    const { kinesis } = stack;
    expect(await kinesis.signatureFaults()).toEqual([]);
    for (const { operation, stream, headers, records } of kinesis.calls) {
      expect(operation).toMatch(/^PutRecords?$/);
      expect(stream).toBe('clickstream');
      expect(headers.host).toBe(new URL(kinesis.url).host);
      // Kong tells the upstream which host was asked; it isn't signed, and AWS doesn't read it.
      const { 'x-forwarded-host': _, 'x-forwarded-for': __, ...others } = headers;
      expect(JSON.stringify(others)).not.toContain(MARK);
      for (const record of records) expect(record.ExplicitHashKey).toBeUndefined();
    }
  }

  async function expectStillServing(): Promise<void> {
    const answer = await post({ type: 'after' });
    expect(answer.status, answer.text).toBe(200);
    expect(storedEvents().at(-1)).toMatchObject({ type: 'after' });
  }

  return {
    stack,
    post,
    raw: (headers, body) => sendRaw(stack.gateway.proxyUrl, rawRequest(headers, body)),
    storedTexts,
    storedEvents,
    expectOnlyOurCalls,
    expectStillServing,
  };
}
