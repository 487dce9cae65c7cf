/** React Native's storage under the tracker. */

import { expect, test, vi } from 'vitest';
import { createCore } from '../../../tracker/core/createCore';
import { syncStorage } from '../../../tracker/core/syncStorage';
import type { AsyncStorage } from '../../../tracker/core/types';
import { scriptedGateway } from '../../support/tracker/scriptedGateway';

/** Its writes end only when the test says so. */
function slowStorage(content: Record<string, string> = {}) {
  const pending: { key: string; value: string | undefined; end: () => void }[] = [];
  const write = (key: string, value?: string) =>
    new Promise<void>((resolve) => {
      pending.push({
        key,
        value,
        end() {
          if (value === undefined) delete content[key];
          else content[key] = value;
          resolve();
        },
      });
    });
  const storage: AsyncStorage = {
    getItem: async (key) => content[key] ?? null,
    setItem: write,
    removeItem: (key) => write(key),
  };
  return { storage, content, pending };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what an earlier run has stored is there', async () => {
  const { storage } = slowStorage({
    'clickstream.device': 'device-1',
    'clickstream.queue': '{"messageId":"1"}',
  });
  const gateway = scriptedGateway();
  const core = createCore({ transport: gateway.transport, storage: await syncStorage(storage) });
  expect(core.deviceId).toBe('device-1');
  await core.flush();
  expect(gateway.sent).toMatchObject([{ user_id: 'device-1', batch: [{ messageId: '1' }] }]);
});

test('a key is written once at a time, and the last value wins', async () => {
  const { storage, content, pending } = slowStorage();
  const sync = await syncStorage(storage);
  for (const value of ['1', '2', '3']) sync.setItem('clickstream.queue', value);
  sync.setItem('clickstream.user', 'u-1');
  expect(pending.map(({ key, value }) => [key, value])).toEqual([
    ['clickstream.queue', '1'],
    ['clickstream.user', 'u-1'],
  ]);
  pending[0]!.end();
  await turn();
  expect(pending).toHaveLength(3);
  pending[2]!.end();
  await turn();
  expect(content['clickstream.queue']).toBe('3');
  expect(pending).toHaveLength(3);
  sync.removeItem('clickstream.queue');
  pending[3]!.end();
  await turn();
  expect(content).not.toHaveProperty(['clickstream.queue']);
});

test('a storage that fails leaves the tracker working from memory', async () => {
  const fail = vi.fn(() => Promise.reject(new Error('broken')));
  const sync = await syncStorage({ getItem: fail, setItem: fail, removeItem: fail });
  sync.setItem('clickstream.user', 'u-1');
  await turn();
  expect(sync.getItem('clickstream.user')).toBe('u-1');
});
