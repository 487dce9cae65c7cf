/** The plugin server dies under load: what is acknowledged has been sent, and nothing is sent unsigned. */

import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { liftRateLimit } from '../../testkit/kongYml';
import { recordOf } from '../support/events';
import { expectSigned } from '../support/expectSigned';
import { postEvent } from '../support/http';
import { lost } from '../support/senders';
import { DRIVER, GONE_STATUS } from '../support/startGateway';
import { until } from '../support/until';
import { useGateway } from '../support/useGateway';

const RETRY_AFTER_MS = 25;
/** A second until it is started again, and what a busy machine takes for a start. `npm run faults` measures how long it is. */
const BACK_WITHIN_MS = 10_000;

const stack = useGateway({
  config: liftRateLimit,
});

describe.each(['SIGKILL', 'SIGTERM'] as const)(`%s under load (${DRIVER})`, (signal) => {
  test('every answer is Kinesis’s or an error, nothing goes unsigned, service is soon back', async () => {
    stack.kinesis.forget();
    const acknowledged: string[] = [];
    const statuses: Record<string, number> = {};
    let running = true;
    let next = 0;
    let lastError = 0;
    const senders = Array.from({ length: 16 }, async () => {
      while (running) {
        const id = `${signal}-${next++}`;
        // nginx may reset a connection whose body it has not read when it answers 500: an error like any other.
        const status = await postEvent(stack.gateway.proxyUrl, { id }).then(
          (answer) => answer.status,
          (error: NodeJS.ErrnoException) => error.code ?? error.message,
        );
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status === 200) acknowledged.push(id);
        else {
          lastError = performance.now();
          // As clients do; at full speed the refused ones would take the processor from the server that restarts.
          await setTimeout(RETRY_AFTER_MS);
        }
      }
    });

    await until('events flow', () => acknowledged.length > 200);
    const killedAt = performance.now();
    stack.gateway.pluginServer.kill(signal);
    const atKill = acknowledged.length;
    await until('the loss shows', () => lastError > killedAt || acknowledged.length > atKill + 2000);
    const seen = acknowledged.length;
    await until('events flow again', () => acknowledged.length > seen + 200);
    running = false;
    await Promise.all(senders);

    expect(
      Object.keys(statuses).filter((status) => !['200', String(GONE_STATUS), 'ECONNRESET'].includes(status)),
    ).toEqual([]);
    expect(lastError - killedAt).toBeLessThan(BACK_WITHIN_MS);
    expect(lost(acknowledged, stack.kinesis.calls.map(recordOf))).toEqual([]);
    await expectSigned(stack.kinesis.calls);
  });
});
