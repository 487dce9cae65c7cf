/** Tabs of one browser, with Web Locks and without. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTabQueues, type TabQueues } from '../../../tracker/browser/tabQueues';
import { memoryStorage } from '../../support/tracker/memoryStorage';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The part of the Web Locks API that the tracker uses. */
function fakeLocks(): LockManager {
  const held = new Map<string, Promise<unknown>>();
  async function request(name: string, ...rest: unknown[]): Promise<void> {
    const callback = rest.at(-1) as (lock: object | null) => unknown;
    if (rest.length > 1 && held.has(name)) return void callback(null);
    while (held.has(name)) await held.get(name);
    const done = Promise.resolve(callback({ name }));
    held.set(name, done);
    await done;
    held.delete(name);
  }
  return { request, query: async () => ({}) } as unknown as LockManager;
}

describe.each([
  ['with Web Locks', fakeLocks],
  ['without Web Locks', () => undefined],
])('%s', (_, createLocks) => {
  let storage: Storage;
  let locks: LockManager | undefined;
  let next = 0;

  beforeEach(() => {
    storage = memoryStorage();
    locks = createLocks();
  });

  async function openTab(stored?: string): Promise<TabQueues> {
    const tab = createTabQueues({ storage, prefix: 'c.', newId: () => `tab${next++}`, locks });
    tab.hold();
    if (stored !== undefined) storage.setItem(`c.${tab.key}`, stored);
    return tab;
  }

  async function takenBy(tab: TabQueues): Promise<string[]> {
    const taken: string[] = [];
    await tab.takeAbandoned((queue) => taken.push(queue));
    return taken;
  }

  test('nobody takes the queue of a tab that lives', async () => {
    await openTab('events of a');
    const b = await openTab();
    vi.advanceTimersByTime(3_600_000);
    expect(await takenBy(b)).toEqual([]);
  });

  test('what a closed tab leaves goes to one other', async () => {
    const a = await openTab('events of a');
    const [b, c] = [await openTab('events of b'), await openTab()];
    vi.advanceTimersByTime(5_000);
    a.release();
    expect([...(await takenBy(b)), ...(await takenBy(c))]).toEqual(['events of a']);
    expect(Object.keys(storage).filter((key) => key.startsWith('c.queue.'))).toEqual([`c.${b.key}`]);
  });

  test('a tab that comes back from the back button’s cache holds its queue again', async () => {
    const a = await openTab('events of a');
    const b = await openTab();
    a.release();
    a.hold();
    vi.advanceTimersByTime(5_000);
    expect(await takenBy(b)).toEqual([]);
    expect(a.isHeld()).toBe(true);
  });

  test('a tab that is just starting is left alone', async () => {
    const a = createTabQueues({ storage, prefix: 'c.', newId: () => 'young', locks });
    storage.setItem(`c.${a.key}`, 'events of a');
    expect(await takenBy(await openTab())).toEqual([]);
  });
});

test('a frozen tab loses its queue after three minutes, and knows it', async () => {
  const storage = memoryStorage();
  const open = (id: string) => createTabQueues({ storage, prefix: 'c.', newId: () => id, locks: undefined });
  const [a, b] = [open('a'), open('b')];
  a.hold();
  storage.setItem(`c.${a.key}`, 'events of a');
  // Frozen: its timers don't run, the clock does.
  vi.clearAllTimers();
  b.hold();
  const taken: string[] = [];
  vi.advanceTimersByTime(170_000);
  await b.takeAbandoned((queue) => taken.push(queue));
  expect(taken).toEqual([]);
  vi.advanceTimersByTime(20_000);
  await b.takeAbandoned((queue) => taken.push(queue));
  expect(taken).toEqual(['events of a']);
  expect(a.isHeld()).toBe(false);
});
