/** The plugin server ends while it delivers events itself: what is acknowledged is stored. */

import { describe, expect, test } from 'vitest';
import { liftRateLimit, pluginOf } from '../../testkit/kongYml';
import { lost, startSenders } from '../support/senders';
import { DRIVER } from '../support/startGateway';
import { until } from '../support/until';
import { useGateway } from '../support/useGateway';

const stack = useGateway({
  config(kongYml) {
    Object.assign(pluginOf(kongYml, 'kinesis-ingest').config, { delivery: 'batch', batch_linger_ms: 20 });
    liftRateLimit(kongYml);
  },
});

describe.each(['SIGTERM', 'SIGKILL'] as const)(`%s under load, delivery: batch (${DRIVER})`, (signal) => {
  test('loses no event that was acknowledged, and events flow again', async () => {
    const { gateway, kinesis } = stack;
    // Some of every call is throttled and some calls come late: events are in every state when the signal comes.
    kinesis.script((_, number) => {
      if (number % 5 === 4) return { delayMs: 100 };
      return {
        failing: (record) => number % 2 === 0 && record.PartitionKey.charCodeAt(35) % 4 === 0,
        errorCode: 'ProvisionedThroughputExceededException',
      };
    });
    const { pid } = gateway.pluginServer;
    const senders = startSenders(gateway.proxyUrl, { name: signal, count: 24 });
    await until('events flow', () => senders.acknowledged.length > 300);
    gateway.pluginServer.kill(signal);
    await until('another process runs', () => gateway.pluginServer.pid !== pid, 20_000);
    const seen = senders.acknowledged.length;
    await until('events flow again', () => senders.acknowledged.length > seen + 200, 20_000);
    await senders.stop();

    expect(lost(senders.acknowledged, kinesis.stored)).toEqual([]);
    expect(
      Object.keys(senders.outcomes).filter((outcome) => !/^(200|429|500|503|ECONNRESET)$/.test(outcome)),
    ).toEqual([]);
    expect(await kinesis.signatureFaults()).toEqual([]);
  });
});

test('SIGTERM waits for events that wait for Kinesis, and answers them', async () => {
  const { gateway, kinesis } = stack;
  let late = 0;
  kinesis.script(() => (late++ < 3 ? { delayMs: 500 } : undefined));
  const { pid } = gateway.pluginServer;
  const before = kinesis.calls.length;
  const senders = startSenders(gateway.proxyUrl, { name: 'waiting', count: 4 });
  await until('Kinesis has been called', () => kinesis.calls.length > before);
  gateway.pluginServer.kill('SIGTERM');
  const stopped = senders.stop();
  await until('another process runs', () => gateway.pluginServer.pid !== pid, 20_000);
  await stopped;
  expect(senders.acknowledged).toHaveLength(4);
  expect(lost(senders.acknowledged, kinesis.stored)).toEqual([]);
});
