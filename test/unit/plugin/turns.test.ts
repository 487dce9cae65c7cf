import { describe, expect, it } from 'vitest';
import { turnFor } from '../../../plugins/kinesis-ingest/turns';

const LARGE = 1024 * 1024;
const MIDDLING = 256 * 1024;

/** Begins pieces of work in their order. @returns in which turn of the event loop each of them began */
async function turnsOf(...sizes: number[]): Promise<number[]> {
  let turn = 0;
  let counting = true;
  const count = () => {
    turn++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const begun = sizes.map(async (bytes) => {
    await turnFor(bytes);
    return turn;
  });
  const turns = await Promise.all(begun);
  counting = false;
  return turns;
}

describe('a turn', () => {
  it('is for one large piece of work, in the order in which they come', async () => {
    expect(new Set(await turnsOf(LARGE, LARGE, LARGE, LARGE)).size).toBe(4);
    const order: string[] = [];
    await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        await turnFor(LARGE);
        order.push(name);
      }),
    );
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('has room for several middling ones', async () => {
    const turns = await turnsOf(...Array<number>(8).fill(64 * 1024));
    expect(new Set(turns).size).toBe(2);
  });

  it('is not waited for by small ones, whoever waits already', async () => {
    const large = [turnFor(LARGE), turnFor(LARGE)];
    expect(turnFor(400)).toBeUndefined();
    expect(large[1]).toBeInstanceOf(Promise);
    await Promise.all(large);
  });

  it('comes, after a large one, once the others have had twice as much time', async () => {
    await turnFor(LARGE);
    const next = turnFor(LARGE);
    const end = performance.now() + 50;
    while (performance.now() < end);
    await next;
    expect(performance.now() - end).toBeGreaterThan(80);
  });

  it('is there at once for the next large one when nobody waits', async () => {
    await turnFor(MIDDLING);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(turnFor(MIDDLING)).toBeUndefined();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
  });
});
