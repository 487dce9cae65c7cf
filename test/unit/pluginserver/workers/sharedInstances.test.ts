/** Instances shared by worker processes, the channel between them played. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { createInstanceRegistry, type InstanceRegistry } from '../../../../pluginserver/instances';
import {
  createInstanceStore,
  type PrimaryMessage,
  shareInstances,
} from '../../../../pluginserver/workers/sharedInstances';
import { plentyOfMemory } from '../../../support/plentyOfMemory';
import { capturedLog, pluginOf } from '../../../support/pluginserver/hostPlugin';

/** Workers on one primary; messages arrive in a later turn, as between processes. */
function startWorkers(count: number) {
  const { log } = capturedLog();
  const configs: unknown[] = [];
  const plugin = pluginOf({ access() {} });
  const Plugin = class {
    access() {}
    constructor(config: unknown) {
      if ((config as { bad?: boolean }).bad) throw new Error('bad configuration');
      configs.push(config);
    }
  };
  const listeners: ((message: PrimaryMessage) => void)[] = [];
  const store = createInstanceStore((message) => {
    for (const listener of listeners) setImmediate(listener, message);
  });
  const workers = Array.from({ length: count }, () => {
    let toWorker: (message: PrimaryMessage) => void = () => undefined;
    const channel = {
      send: (message: Parameters<typeof store.onMessage>[0]) =>
        void setImmediate(() => store.onMessage(message, (answer) => setImmediate(toWorker, answer))),
      onMessage(listener: (message: PrimaryMessage) => void) {
        toWorker = listener;
        listeners.push(listener);
      },
    };
    return shareInstances(
      createInstanceRegistry([{ ...plugin, Plugin }], log, plentyOfMemory()),
      channel,
      log,
    );
  });
  return { workers, configs, name: plugin.name };
}

const config = (text: string) => Buffer.from(text);

describe('an instance that one worker started', () => {
  it('is found by another, with its configuration and under its id', async () => {
    const { workers, configs, name } = startWorkers(2);
    const { id } = await workers[0]!.start(name, config('{"stream":"a"}'));
    expect(workers[1]!.get(id)).toBeUndefined();
    expect((await workers[1]!.find(id))!.id).toBe(id);
    expect(workers[1]!.get(id)!.id).toBe(id);
    expect(configs).toEqual([{ stream: 'a' }, { stream: 'a' }]);
  });

  it('never has the id of another', async () => {
    const { workers, name } = startWorkers(3);
    const started = await Promise.all(
      Array.from({ length: 30 }, (_, i) => workers[i % 3]!.start(name, config('{}'))),
    );
    expect(new Set(started.map(({ id }) => id)).size).toBe(30);
  });

  it('is gone everywhere once any worker closes it', async () => {
    const { workers, name } = startWorkers(3);
    const { id } = await workers[0]!.start(name, config('{}'));
    await workers[1]!.find(id);
    workers[1]!.close(id);
    await expect.poll(() => workers[0]!.get(id)).toBeUndefined();
    expect(await workers[2]!.find(id)).toBeUndefined();
  });

  it('is not known to any where its configuration is refused', async () => {
    const { workers, name } = startWorkers(2);
    await expect(workers[0]!.start(name, config('{"bad":true}'))).rejects.toThrow('bad configuration');
    expect(workers[0]!.size).toBe(0);
    const { id } = await workers[0]!.start(name, config('{}'));
    expect(await workers[1]!.find(id - 1)).toBeUndefined();
  });

  it('is found once, however many events ask for it at the same time', async () => {
    const { workers, name } = startWorkers(2);
    const { id } = await workers[0]!.start(name, config('{}'));
    const found = await Promise.all([workers[1]!.find(id), workers[1]!.find(id), workers[1]!.find(id)]);
    expect(new Set(found).size).toBe(1);
  });
});

it('an id that nobody has started is not found', async () => {
  const { workers } = startWorkers(2);
  expect(await workers[0]!.find(12345)).toBeUndefined();
});

describe('a primary that does not answer', () => {
  afterEach(() => void vi.useRealTimers());

  it.each([
    ['start', (worker: InstanceRegistry, name: string) => worker.start(name, config('{}'))],
    ['find', (worker: InstanceRegistry) => worker.find(1)],
  ])('lets %s fail after five seconds instead of waiting for ever', async (_, ask) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { log } = capturedLog();
    const plugin = pluginOf({ access() {} });
    const deaf = { send() {}, onMessage() {} };
    const worker = shareInstances(createInstanceRegistry([plugin], log, plentyOfMemory()), deaf, log);
    const failed = expect(ask(worker, plugin.name)).rejects.toThrow('has not answered in 5000 ms');
    await vi.advanceTimersByTimeAsync(5_000);
    await failed;
  });
});
