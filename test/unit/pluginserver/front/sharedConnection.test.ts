/** Many events on one connection: none waits for another, and what one needs is bounded. */

import { describe, expect, it } from 'vitest';
import { createWorkBudget } from '../../../../pluginserver/workBudget';
import { eventFrame, type Given } from '../../../support/pluginserver/frontSide';
import { answered, FAILED, hostFront, READS, VALUES } from '../../../support/pluginserver/hostFront';

describe('a connection', () => {
  /** Each event runs until the test ends it. */
  async function hostHeld(options?: Parameters<typeof hostFront>[1]) {
    const held: { body: string; end(): void }[] = [];
    const front = await hostFront(async ({ request }) => {
      const body = String(await request.getRawBody());
      await new Promise<void>((end) => held.push({ body, end }));
    }, options);
    const send = (id: number, body = String(id)) =>
      void front.kong.socket.write(
        eventFrame({ id, config: '{}', reads: READS, values: [...VALUES.slice(0, 3), ['s', body]] }),
      );
    return { ...front, held, send };
  }

  it('carries many events at once, and answers each when it ends', async () => {
    const { kong, held, send } = await hostHeld();
    for (const id of [7, 8, 9]) send(id);
    await expect.poll(() => held.map(({ body }) => body)).toEqual(['7', '8', '9']);
    for (const at of [2, 0, 1]) {
      held[at]!.end();
      expect(await kong.reply()).toEqual({ id: at + 7, kind: 'c', calls: [] });
    }
  });

  it('keeps of a chunk only the frames whose events are running', async () => {
    let body: Uint8Array | undefined;
    const { kong } = await hostFront(async ({ request }) => {
      body = await request.getRawBody();
    });
    const frames = [1, 2].map((id) => eventFrame({ id, config: '{}', reads: READS, values: VALUES }));
    kong.socket.write(Buffer.concat(frames));
    await kong.reply();
    await kong.reply();
    expect(body!.buffer.byteLength).toBe(frames[1]!.length - 12);
  });

  it('reads no further while 64 of its events run, and goes on when one ends', async () => {
    const { kong, held, send } = await hostHeld();
    const large = 'x'.repeat(70_000);
    for (let id = 1; id <= 80; id++) send(id, large);
    await expect.poll(() => held.length).toBe(64);
    held[0]!.end();
    expect((await kong.reply()).id).toBe(1);
    await expect.poll(() => held.length).toBeGreaterThan(64);
    for (let i = 1; i < 80; i++) {
      await expect.poll(() => held.length).toBeGreaterThan(i);
      held[i]!.end();
    }
    for (let id = 2; id <= 80; id++) expect((await kong.reply()).id).toBe(id);
  });

  it('ends all of its events, and holds nothing more, when Kong closes it', async () => {
    const budget = createWorkBudget(1_000_000);
    const { kong, host, held, send } = await hostHeld({ budget });
    for (const id of [1, 2, 3]) send(id);
    await expect.poll(() => held.length).toBe(3);
    expect(budget.used).toBeGreaterThan(3 * 8192);
    kong.socket.destroy();
    await expect.poll(() => budget.used).toBe(0);
    expect(host.connections[0]!.runningEvents).toBe(0);
  });

  it.each<[string, Partial<Given>]>([
    ['other getters than it has named', { values: [] }],
    ['a phase that is none', { phase: 'constructor' }],
  ])('answers 500 to a frame with %s, and serves the others', async (_, given) => {
    const { event, host } = await hostFront(() => undefined);
    expect(answered(await event({ id: 1, ...given }))).toEqual(FAILED);
    expect(host.logged).toContainEqual(
      expect.objectContaining({ msg: 'a frame that is not what its front has said' }),
    );
    expect(await event({ id: 2 })).toEqual({ id: 2, kind: 'c', calls: [] });
  });

  it('answers 500 in place of an answer beyond the limit', async () => {
    const { event, host } = await hostFront(
      async ({ service }) => service.request.setRawBody('x'.repeat(5000)),
      { maxFrameBytes: 1000 },
    );
    expect(answered(await event())).toEqual(FAILED);
    expect(host.logged).toContainEqual(expect.objectContaining({ msg: 'an answer is too large' }));
  });

  it('drops a frame beyond the limit, and serves the others', async () => {
    const { kong, host, event } = await hostFront(() => undefined, { maxFrameBytes: 1000 });
    const body = 'x'.repeat(2 * 1024 * 1024);
    kong.socket.write(eventFrame({ id: 1, values: [...VALUES.slice(0, 3), ['s', body]] }));
    const reply = await kong.reply();
    expect([reply.id, answered(reply)?.[1]]).toEqual([1, 503]);
    expect(host.logged).toContainEqual(expect.objectContaining({ msg: 'a frame is too large' }));
    expect(await event({ id: 2 })).toEqual({ id: 2, kind: 'c', calls: [] });
  });

  it('reads no further while Kong does not read the replies', async () => {
    const budget = createWorkBudget(100_000_000);
    let events = 0;
    const { kong, host } = await hostFront(
      ({ response }) => {
        events++;
        return response.exit(200, 'x'.repeat(10_000));
      },
      { budget },
    );
    kong.socket.pause();
    for (let id = 1; id <= 1000; id++)
      kong.socket.write(eventFrame({ id, config: '{}', reads: READS, values: VALUES }));
    const { socket } = host.connections[0]!;
    await expect.poll(() => socket.isPaused()).toBe(true);
    expect(socket.writableLength).toBeLessThan(5_000_000);
    expect(budget.used).toBeGreaterThan(socket.writableLength);
    expect(events).toBeLessThan(1000);
    kong.socket.resume();
    for (let id = 1; id <= 1000; id++) expect((await kong.reply()).id).toBe(id);
    expect(events).toBe(1000);
  });

  it('ends each event that lasts too long', async () => {
    const { kong, send } = await hostHeld({ phaseTimeoutMs: 50 });
    for (const id of [1, 2, 3]) send(id);
    for (const id of [1, 2, 3]) {
      const reply = await kong.reply();
      expect([reply.id, answered(reply)]).toEqual([id, FAILED]);
    }
  });
});
