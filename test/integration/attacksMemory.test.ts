/** One client sends much more at once than the plugin server has memory for; another one sends an event now and then. */

import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Answer, postEvent, refusalOf } from '../support/http';
import { peakMemoryBytes } from '../support/processMemory';
import { DRIVER } from '../support/startGateway';
import { withDelivery } from '../support/useAttackedGateway';
import { useGateway } from '../support/useGateway';

const MIB = 1024 * 1024;
/** The attacked plugin server's budget. */
const WORK_BYTES = 32 * MIB;
/** The events of a body. */
const EVENTS = 100;
const REQUESTS = 60;
const ATTACKER = '127.0.0.2';

function bodyOf(name: string): Buffer {
  const event = (i: number) => ({ id: `${name}-${i}`, text: randomBytes(200).toString('hex').repeat(30) });
  return Buffer.from(JSON.stringify(Array.from({ length: EVENTS }, (_, i) => event(i))));
}

describe.each(['proxy', 'batch'])(`attacks, delivery: %s (${DRIVER})`, (delivery) => {
  const stack = useGateway({
    config: withDelivery(delivery),
    pluginServerArgs: ['--max-work-bytes', String(WORK_BYTES)],
  });
  beforeEach(() => stack.kinesis.forget());

  const post = (body: Buffer | object, headers: Record<string, string>, localAddress?: string) =>
    postEvent(stack.gateway.proxyUrl, body, headers, localAddress);

  test.each(['gzip', 'plain'])(
    'many large bodies at once, %s: some are told 503, another client’s events all pass, memory stays bounded',
    async (encoding) => {
      const headers: Record<string, string> = encoding === 'gzip' ? { 'content-encoding': 'gzip' } : {};
      const before = peakMemoryBytes(stack.gateway.pluginServer.pid);
      const attack = Array.from({ length: REQUESTS }, async (_, n) => {
        const body = bodyOf(`attack-${n}`);
        const answer = await post(encoding === 'gzip' ? gzipSync(body) : body, headers, ATTACKER);
        return { n, answer };
      });
      const others: Answer[] = [];
      for (let n = 0; n < 20; n++) others.push(await post({ id: `other-${n}` }, {}));
      expect(others.map(({ status }) => status)).toEqual(Array(20).fill(200));

      const answers = await Promise.all(attack);
      const refused = answers.filter(({ answer }) => answer.status !== 200);
      for (const { answer } of refused) {
        // Kong itself refuses some before the plugin has seen them.
        if (DRIVER !== 'sandbox' && answer.headers['retry-after'] === undefined) {
          expect(answer.status).toBe(503);
          continue;
        }
        expect(refusalOf(answer)).toMatchObject({ status: 503, code: 'overloaded' });
        expect(answer.headers['retry-after']).toBe('1');
      }
      expect(refused.length).toBeGreaterThan(0);
      const stored = new Set(stack.kinesis.stored.map(({ data }) => (JSON.parse(data) as { id: string }).id));
      const acknowledged = answers
        .filter(({ answer }) => answer.status === 200)
        .map(({ n }) => `attack-${n}-0`);
      expect([...acknowledged, 'other-0', 'other-19'].filter((id) => !stored.has(id))).toEqual([]);
      expect(peakMemoryBytes(stack.gateway.pluginServer.pid) - before).toBeLessThan(WORK_BYTES + 150 * MIB);

      // Nothing of it is held any more.
      expect((await post(gzipSync(bodyOf('after')), { 'content-encoding': 'gzip' })).status).toBe(200);
    },
    60_000,
  );
});
