/** Two Kong nodes on one database: what is tuned at one holds at the other, and no event is lost on the way. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Kinesis, startKinesis } from '../../testkit/kinesis/startKinesis';
import { pluginOf } from '../../testkit/kongYml';
import { type PutRecord, recordOf } from '../support/events';
import { expectSigned } from '../support/expectSigned';
import type { GatewayOptions, GatewayUnderTest } from '../support/gateway';
import { postEvent, send } from '../support/http';
import { needs } from '../support/needs';
import { lost, startSenders } from '../support/senders';
import { DRIVER, startGateway } from '../support/startGateway';
import { tunePlugin } from '../support/tunePlugin';
import { until } from '../support/until';

const UNLIMITED = 1_000_000;
const NAME_WORKER = "kong.response.set_header('x-worker', ngx.worker.pid())";

let kinesis: Kinesis;
let one: GatewayUnderTest;
let other: GatewayUnderTest;
let client = 0;

function options(): GatewayOptions {
  return {
    env: { KINESIS_ENDPOINT: kinesis.url },
    config(kongYml) {
      const limits = { second: null, hour: UNLIMITED, limit_by: 'header', header_name: 'x-client' };
      Object.assign(pluginOf(kongYml, 'rate-limiting').config, limits);
      // Tells which worker has answered: each takes a change over when its own timer comes round.
      kongYml.plugins = [{ name: 'pre-function', config: { header_filter: [NAME_WORKER] } }];
    },
  };
}

/** Process ids; none while a node is just starting its workers. */
async function workersOf(node: GatewayUnderTest): Promise<number[]> {
  const answer = await send(node.adminUrl, { method: 'GET' });
  return (answer.json() as { pids: { workers?: number[] } }).pids.workers ?? [];
}

/** Waits until each worker of a node goes by a limit per hour. */
async function untilLimitedBy(node: GatewayUnderTest, hour: number, timeoutMs?: number): Promise<void> {
  const workers = await workersOf(node);
  const arrived = async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => postEvent(node.proxyUrl, {}, { 'x-client': `probe-${client++}` })),
    );
    const limits = answers.map(({ headers }) => [headers['x-worker'], headers['x-ratelimit-limit-hour']]);
    return workers.every((pid) =>
      limits.some(([worker, limit]) => worker === String(pid) && limit === String(hour)),
    );
  };
  await until(`every worker limits by ${hour} per hour`, arrived, timeoutMs);
}

async function tuneEverywhere(config: { hour: number; policy?: string }): Promise<void> {
  await tunePlugin(one.adminUrl, 'events-rate', config);
  for (const node of [one, other]) await untilLimitedBy(node, config.hour);
}

/** What has come in, all of it signed. */
async function signedRecords(): Promise<PutRecord[]> {
  await expectSigned(kinesis.calls);
  return kinesis.calls.map(recordOf);
}

describe(
  'two nodes, one database',
  needs(DRIVER === 'kong-postgres', 'a Kong on Postgres (KONG_BIN, PGDATABASE)'),
  () => {
    beforeAll(async () => {
      kinesis = await startKinesis();
      one = await startGateway(options());
      other = await startGateway({ ...options(), joins: true });
    });

    afterAll(async () => {
      await other?.stop();
      await one?.stop();
      await kinesis?.close();
    });

    beforeEach(() => {
      kinesis.forget();
    });

    test('a limit tuned at one node takes effect at the other within 10 s', async () => {
      await tunePlugin(one.adminUrl, 'events-rate', { hour: 5 });
      await untilLimitedBy(other, 5, 10_000);
    });

    test('policy cluster counts over both nodes, policy local doesn’t', async () => {
      const refusedAtOther = async (who: string) => {
        const post = (node: GatewayUnderTest) => postEvent(node.proxyUrl, {}, { 'x-client': who });
        await until('the limit is reached', async () => (await post(one)).status === 429);
        return (await post(other)).status === 429;
      };
      await tuneEverywhere({ hour: 6, policy: 'local' });
      expect(await refusedAtOther('local')).toBe(false);
      await tuneEverywhere({ hour: 7, policy: 'cluster' });
      expect(await refusedAtOther('cluster')).toBe(true);
    });

    describe('under load', () => {
      beforeAll(() => tuneEverywhere({ hour: UNLIMITED, policy: 'local' }));

      test('a stream changed at one node takes effect at both without a failed event', async () => {
        const senders = [
          startSenders(one.proxyUrl, { name: 'one' }),
          startSenders(other.proxyUrl, { name: 'other' }),
        ];
        await until('events flow', () => senders.every(({ acknowledged }) => acknowledged.length > 100));
        await tunePlugin(one.adminUrl, 'events-kinesis', { stream: 'another' });
        await until('events of both nodes go to the other stream only', () => {
          const last = kinesis.calls.slice(-200).map(recordOf);
          return (
            last.every(({ stream }) => stream === 'another') &&
            ['one', 'other'].every((name) => last.some(({ data }) => data.includes(`"id":"${name}-`)))
          );
        });
        await Promise.all(senders.map((each) => each.stop()));
        for (const { outcomes } of senders) expect(Object.keys(outcomes)).toEqual(['200']);
        const stored = await signedRecords();
        expect(senders.flatMap(({ acknowledged }) => lost(acknowledged, stored))).toEqual([]);
      });

      test('kong reload: no failed and no unsigned request', async () => {
        const before = await workersOf(one);
        expect(before).toHaveLength(2);
        const senders = startSenders(one.proxyUrl, { name: 'reload' });
        await until('events flow', () => senders.acknowledged.length > 100);
        await one.control('reload');
        await until('new workers have taken over', async () => {
          const now = await workersOf(one);
          return now.length === before.length && now.every((pid) => !before.includes(pid));
        });
        const seen = senders.acknowledged.length;
        await until('events flow through the new workers', () => senders.acknowledged.length > seen + 500);
        await senders.stop();
        expect(Object.keys(senders.outcomes)).toEqual(['200']);
        expect(lost(senders.acknowledged, await signedRecords())).toEqual([]);
      });

      test.each(['quit', 'stop'] as const)(
        'a node that ends (kong %s) loses no acknowledged event, and the other serves on',
        async (command) => {
          const third = await startGateway({ ...options(), joins: true });
          try {
            const senders = startSenders(third.proxyUrl, { name: 'ending' });
            const others = startSenders(other.proxyUrl, { name: 'staying' });
            await until('events flow', () => senders.acknowledged.length > 200);
            await third.control(command);
            const seen = others.acknowledged.length;
            await until('the other node serves', () => others.acknowledged.length > seen + 100);
            await Promise.all([senders.stop(), others.stop()]);
            // An error of the connection tells the client to send the event again, to the other node.
            const allowed = /^(200|ECONNREFUSED|ECONNRESET|EPIPE|socket hang up)$/;
            expect(Object.keys(senders.outcomes).filter((outcome) => !allowed.test(outcome))).toEqual([]);
            expect(Object.keys(others.outcomes)).toEqual(['200']);
            const stored = await signedRecords();
            expect(lost([...senders.acknowledged, ...others.acknowledged], stored)).toEqual([]);
          } finally {
            await third.stop();
          }
        },
      );
    });
  },
);
