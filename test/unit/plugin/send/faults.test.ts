/** Deliveries over real connections to a Kinesis that fails at random. */

import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseConfig } from '../../../../plugins/kinesis-ingest/config/config';
import type { StaticCredentials } from '../../../../plugins/kinesis-ingest/config/credentialsConfig';
import { queueBytes } from '../../../../plugins/kinesis-ingest/metrics';
import { createDelivery } from '../../../../plugins/kinesis-ingest/send/delivery';
import { isStored } from '../../../../plugins/kinesis-ingest/send/outcome';
import type { Fault } from '../../../../testkit/kinesis/fault';
import { type Kinesis, startKinesis } from '../../../../testkit/kinesis/startKinesis';
import { plentyOfMemory } from '../../../support/plentyOfMemory';
import { capturedLog } from '../../../support/plugin/capturedLog';
import { EXAMPLE_CREDENTIALS, pluginConfig } from '../../../support/plugin/examples';
import { until } from '../../../support/until';

const DEADLINE_MS = 300;
/** What a busy machine may add to a timer. */
const LATE_MS = 1500;
const POISON = 'poison';

let kinesis: Kinesis;
beforeAll(async () => {
  kinesis = await startKinesis();
});
afterAll(() => kinesis.close());

const fault: fc.Arbitrary<Fault | undefined> = fc.oneof(
  fc.constant(undefined),
  fc
    .tuple(
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom('ProvisionedThroughputExceededException', 'InternalFailure'),
    )
    .map(([every, errorCode]): Fault => ({ failing: (_, index) => index % every === 0, errorCode })),
  fc.constantFrom<Fault>(
    { status: 500, type: 'InternalFailure' },
    { status: 503, type: 'ServiceUnavailable' },
    { status: 400, type: 'LimitExceededException' },
    { status: 400, type: 'ValidationException' },
    { status: 400, type: 'AccessDeniedException' },
    { cut: 'before' },
    { cut: 'midway' },
    { body: '<html>' },
  ),
  fc.integer({ min: 0, max: 2 * DEADLINE_MS }).map((delayMs): Fault => ({ delayMs })),
);

const scenario = fc.record({
  faults: fc.array(fault, { maxLength: 12 }),
  clockAheadMs: fc.constantFrom(0, 0, -10 * 60_000, 60 * 60_000),
  expires: fc.boolean(),
  ordering: fc.constantFrom('per_key', 'none'),
  puts: fc.array(fc.record({ atMs: fc.nat(100), size: fc.nat(6), poisoned: fc.boolean() }), {
    minLength: 1,
    maxLength: 8,
  }),
});

let keys = 0;

/** Keys that can be renewed once. */
function renewableCredentials() {
  const number = () => ({ ...EXAMPLE_CREDENTIALS, accessKeyId: `AKID${++keys}` });
  let current: StaticCredentials = number();
  let renewed = false;
  return {
    get: () => current,
    renew(stale: StaticCredentials) {
      if (stale !== current) return true;
      if (renewed) return false;
      renewed = true;
      current = number();
      return true;
    },
    accepted: () => undefined,
    problem: undefined,
  };
}

async function heldBytes(): Promise<number> {
  return (await queueBytes.get()).values[0]!.value;
}

let runs = 0;

it('what is acknowledged is stored, what is not stored is told so in time, and nothing stays behind', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ faults, clockAheadMs, expires, ordering, puts }) => {
      const run = ++runs;
      const before = await heldBytes();
      const credentials = renewableCredentials();
      if (expires) kinesis.expire(credentials.get().accessKeyId);
      kinesis.setClock(clockAheadMs);
      const firstCall = kinesis.calls.length;
      kinesis.script((call, number) => {
        const isPoisoned = call.records.some(({ Data }) =>
          Buffer.from(Data, 'base64').toString().endsWith(POISON),
        );
        if (isPoisoned) return { status: 400, type: 'InvalidArgumentException' };
        return faults[number - firstCall];
      });
      const config = parseConfig(
        pluginConfig({
          ...{ endpoint: kinesis.url, delivery: 'batch', ordering },
          ...{ deadline_ms: DEADLINE_MS, batch_linger_ms: 1, batch_max_records: 5 },
        }),
      );
      const delivery = createDelivery(config, { credentials, log: capturedLog().log });

      const answers = await Promise.all(
        puts.map(async ({ atMs, size, poisoned }, n) => {
          const texts = Array.from({ length: size }, (_, i) => `${run}-${n}-${i}`);
          if (poisoned) texts.push(`${run}-${n}-${POISON}`);
          await setTimeout(atMs);
          const startedAt = performance.now();
          const records = texts.map((text) => ({
            stream: 's',
            partitionKey: text,
            data: Buffer.from(text),
          }));
          const outcomes = await delivery.put(records, plentyOfMemory().reserve());
          return { texts, outcomes, ms: performance.now() - startedAt };
        }),
      );
      await until(
        'the queue is empty',
        async () => (await heldBytes()) === before,
        5 * DEADLINE_MS + LATE_MS,
      );

      const stored = new Set(kinesis.stored.map(({ data }) => data));
      for (const { texts, outcomes, ms } of answers) {
        expect(ms).toBeLessThan(DEADLINE_MS + LATE_MS);
        expect(outcomes).toHaveLength(texts.length);
        texts.forEach((text, i) => {
          const outcome = outcomes[i]!;
          if (isStored(outcome)) expect(kinesis.record(outcome)!.data).toBe(text);
          if (!stored.has(text)) expect(outcome).toHaveProperty('lost');
          if (text.endsWith(POISON)) expect(isStored(outcome)).toBe(false);
        });
      }
    }),
    { numRuns: 15, endOnFailure: true },
  );
});
