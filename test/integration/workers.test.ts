/** Several workers behind one socket, through the gateway. */

import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { recordOf } from '../support/capturingKinesis';
import { pluginOf, TEST_CREDENTIALS } from '../support/gateway';
import { postEvent } from '../support/http';
import { DRIVER } from '../support/startGateway';
import { until } from '../support/until';
import { useGateway } from '../support/useGateway';
import { signatureFault } from '../support/verifySignature';

const WORKERS = 3;

const stack = useGateway({
  pluginServerArgs: ['--workers', String(WORKERS), '--log-level', 'debug'],
  config(kongYml) {
    Object.assign(pluginOf(kongYml, 'rate-limiting').config, { second: null, hour: 1_000_000 });
  },
});

function workerPids(): number[] {
  const { pid } = stack.gateway.pluginServer;
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

async function postMany(count: number, atOnce: number) {
  const acknowledged: string[] = [];
  const statuses: Record<string, number> = {};
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < count) {
        const id = `e${next++}`;
        const { status } = await postEvent(stack.gateway.proxyUrl, { id });
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status === 200) acknowledged.push(id);
      }
    }),
  );
  return { acknowledged, statuses };
}

describe.skipIf(process.platform !== 'linux')(`workers (${DRIVER})`, () => {
  test('share the work, whichever of them started the instance', async () => {
    const { statuses } = await postMany(300, 24);
    expect(statuses).toEqual({ 200: 300 });
    expect(workerPids()).toHaveLength(WORKERS);
    expect(stack.gateway.pluginServer.output).toMatch(/taken over from another worker/);
    for (const request of stack.kinesis.requests) {
      expect(await signatureFault(request, TEST_CREDENTIALS)).toBeUndefined();
    }
  });

  test('one that dies costs no acknowledged event and is replaced', async () => {
    stack.kinesis.requests.length = 0;
    const [victim] = workerPids();
    const posting = postMany(3_000, 24);
    await until('events flow', () => stack.kinesis.requests.length > 300);
    process.kill(victim!, 'SIGKILL');
    const { acknowledged, statuses } = await posting;
    const stored = new Set(stack.kinesis.requests.map((request) => JSON.parse(recordOf(request).data).id));
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    // The events that the worker had in hand may fail; the others, which live workers had, may not.
    expect((statuses[500] ?? 0) + acknowledged.length).toBe(3_000);
    expect(statuses[500] ?? 0).toBeLessThanOrEqual(24);
    await until('it is replaced', () => workerPids().length === WORKERS && !workerPids().includes(victim!));
    expect((await postMany(100, 24)).statuses).toEqual({ 200: 100 });
  });

  test('one that is killed while it stands still keeps no connection that was on its way to it', async () => {
    const [victim] = workerPids();
    process.kill(victim!, 'SIGSTOP');
    const posting = postMany(100, 50);
    await setTimeout(500);
    process.kill(victim!, 'SIGKILL');
    const { acknowledged, statuses } = await posting;
    expect((statuses[500] ?? 0) + acknowledged.length).toBe(100);
    await until('it is replaced', () => workerPids().length === WORKERS && !workerPids().includes(victim!));
  });
});
