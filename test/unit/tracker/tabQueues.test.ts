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

/** As its page does again and again. */
function holdOn(tab: TabQueues): void {
  tab.hold(() => {});
  setInterval(() => tab.hold(() => {}), 5_000);
}

const isHeld = (tab: TabQueues) => {
  let held = true;
  tab.hold(() => {
    held = false;
  });
  return held;
};

describe.each([
  ['with Web Locks', fakeLocks],
  ['without Web Locks', () => undefined],
])('%s', (_, createLocks) => {
  let storage: Storage;

  beforeEach(() => {
    storage = memoryStorage();
    vi.stubGlobal('navigator', { locks: createLocks() });
  });
  afterEach(() => void vi.unstubAllGlobals());

  function openTab(stored?: string): TabQueues {
    const tab = createTabQueues(storage, 'c.');
    holdOn(tab);
    if (stored !== undefined) storage.setItem(`c.${tab.queueKey}`, stored);
    return tab;
  }

  async function takenBy(tab: TabQueues): Promise<string[]> {
    const taken: string[] = [];
    await tab.takeAbandoned((queue) => taken.push(queue));
    return taken;
  }

  test('nobody takes the queue of a tab that lives', async () => {
    openTab('events of a');
    const b = openTab();
    vi.advanceTimersByTime(3_600_000);
    expect(await takenBy(b)).toEqual([]);
  });

  test('what a closed tab leaves goes to one other', async () => {
    const a = createTabQueues(storage, 'c.');
    a.hold(() => {});
    storage.setItem(`c.${a.queueKey}`, 'events of a');
    const [b, c] = [openTab('events of b'), openTab()];
    a.release();
    expect([...(await takenBy(b)), ...(await takenBy(c))]).toEqual(['events of a']);
    expect(Object.keys(storage).filter((key) => key.startsWith('c.queue.'))).toEqual([`c.${b.queueKey}`]);
  });

  test('a tab that comes back from the back button’s cache holds its queue again', async () => {
    const a = openTab('events of a');
    const b = openTab();
    a.release();
    expect(isHeld(a)).toBe(false);
    expect(await takenBy(b)).toEqual([]);
    expect(isHeld(a)).toBe(true);
  });

  test('a frozen tab loses its queue after three minutes, and hears of it before it goes on', async () => {
    const a = createTabQueues(storage, 'c.');
    a.hold(() => {});
    storage.setItem(`c.${a.queueKey}`, 'events of a');
    const b = openTab();
    vi.advanceTimersByTime(170_000);
    expect(await takenBy(b)).toEqual([]);
    vi.advanceTimersByTime(20_000);
    expect(await takenBy(b)).toEqual(['events of a']);
    expect(isHeld(a)).toBe(false);
  });
});
