import { afterEach, expect, it, vi } from 'vitest';
import { createInstanceRegistry } from '../../../../pluginserver/instances';
import { instanceProblems } from '../../../../pluginserver/observe/health';
import { plentyOfMemory } from '../../../support/plentyOfMemory';
import { capturedLog, pluginOf } from '../../../support/pluginserver/hostPlugin';

afterEach(() => void vi.useRealTimers());

const CONFIG = Buffer.from('{}');

it('counts an instance for five minutes after its last use, equal reasons once', async () => {
  vi.useFakeTimers();
  const { log } = capturedLog();
  const plugin = pluginOf({ access() {}, health: () => 'no credentials' });
  const instances = createInstanceRegistry([plugin], log, plentyOfMemory());
  const first = await instances.start(plugin.name, CONFIG);
  await instances.start(plugin.name, CONFIG);
  const problem = { plugin: plugin.name, reason: 'no credentials' };
  expect(instanceProblems(instances, log)).toEqual([{ ...problem, instances: 2 }]);
  vi.advanceTimersByTime(4 * 60_000);
  instances.get(first.id);
  vi.advanceTimersByTime(2 * 60_000);
  expect(instanceProblems(instances, log)).toEqual([{ ...problem, instances: 1 }]);
  vi.advanceTimersByTime(4 * 60_000);
  expect(instanceProblems(instances, log)).toEqual([]);
});

it('takes an instance without a check as healthy', async () => {
  const { log } = capturedLog();
  const plugin = pluginOf({ access() {} });
  const instances = createInstanceRegistry([plugin], log, plentyOfMemory());
  await instances.start(plugin.name, CONFIG);
  expect(instanceProblems(instances, log)).toEqual([]);
});
