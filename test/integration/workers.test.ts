/** Several workers behind one socket, through the gateway. */

import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { liftRateLimit } from '../../testkit/kongYml';
import { recordOf } from '../support/events';
import { expectSigned } from '../support/expectSigned';
import { postEvent } from '../support/http';
import { needs } from '../support/needs';
import { lost } from '../support/senders';
import { DRIVER, GONE_STATUS, OVER_FRONT } from '../support/startGateway';
import { until } from '../support/until';
import { useGateway } from '../support/useGateway';

const WORKERS = 3;

const stack = useGateway({
  pluginServerArgs: ['--workers', String(WORKERS), '--log-level', 'debug'],
  config: liftRateLimit,
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

describe(`workers (${DRIVER})`, needs(process.platform === 'linux', 'Linux'), () => {
  test('share the work, whichever of them started the instance', async () => {
    await postMany(1, 1);
    expect(workerPids()).toHaveLength(WORKERS);
    const starter = Number(
      /"pid":(\d+).*"msg":"instance started"/.exec(stack.gateway.pluginServer.output)![1],
    );
    // Whoever is idle takes new connections, and one that could do all of this alone does. This one can't now.
    process.kill(starter, 'SIGSTOP');
    const posting = postMany(300, 24);
    await until('another worker has the instance too', () => {
      const { output } = stack.gateway.pluginServer;
      // Over the front, Kong gives each worker the configuration itself.
      if (OVER_FRONT) return output.split('"msg":"instance started"').length > 2;
      return output.includes('taken over from another worker');
    });
    process.kill(starter, 'SIGCONT');
    expect((await posting).statuses).toEqual({ 200: 300 });
    await expectSigned(stack.kinesis.calls);
  });

  test('one that dies costs no acknowledged event and is replaced', async () => {
    stack.kinesis.forget();
    const [victim] = workerPids();
    const posting = postMany(1_000, 24);
    await until('events flow', () => stack.kinesis.calls.length > 200);
    process.kill(victim!, 'SIGKILL');
    const { acknowledged, statuses } = await posting;
    expect(lost(acknowledged, stack.kinesis.calls.map(recordOf))).toEqual([]);
    // The events that the worker had in hand may fail; the others, which live workers had, may not.
    expect((statuses[GONE_STATUS] ?? 0) + acknowledged.length).toBe(1_000);
    expect(statuses[GONE_STATUS] ?? 0).toBeLessThanOrEqual(24);
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
    expect((statuses[GONE_STATUS] ?? 0) + acknowledged.length).toBe(100);
    await until('it is replaced', () => workerPids().length === WORKERS && !workerPids().includes(victim!));
  });
});
