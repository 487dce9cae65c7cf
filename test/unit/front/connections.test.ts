/** How the front shares connections among events. */

import { describe, expect, it } from 'vitest';
import { BYE, encodeReply } from '../../support/front/frames';
import { hasLuaJit, INTERRUPTED, runFront, type ScriptedConnection } from '../../support/front/runFront';

const served = (path: string) => ['kong.service.request.set_path', path];
const reply = (id: number, path = `/${id}`) => encodeReply([['kong.service.request.set_path', path]], '', id);
const replies = (count: number, from = 1) => Array.from({ length: count }, (_, i) => reply(from + i));

describe.skipIf(!hasLuaJit)('the front, under LuaJIT (skipped where there is no luajit)', () => {
  it('sends the frames of all requests that are there in one go', () => {
    const { calls, frames, connects, writes } = runFront({ connections: [{ data: replies(3) }], events: 3 });
    expect(calls).toEqual([served('/1'), served('/2'), served('/3')]);
    expect(frames.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect([connects, writes]).toEqual([1, 1]);
  });

  it('gives each event its own reply, whatever their order', () => {
    // The third event's frame releases all three.
    const data = ['', '', Buffer.concat([reply(3), reply(1), reply(2)])];
    const { calls, took } = runFront({ connections: [{ data }], events: 3, secondsBetween: 0.125 });
    expect(calls).toEqual([served('/3'), served('/1'), served('/2')]);
    expect(took).toEqual([0, 0.25, 0.125]);
  });

  it('reads a reply that comes in pieces, with seconds between them', () => {
    const whole = encodeReply([['kong.service.request.set_path', '/']], 'the rest');
    for (let cut = 1; cut < whole.length; cut++) {
      const data = [whole.subarray(0, cut), whole.subarray(cut)];
      const { calls, took } = runFront({ connections: [{ data, secondsBetween: 2.5 }] });
      expect([calls, took]).toEqual([[served('/')], [2.5]]);
    }
  });

  it('fails all events of a connection that breaks, and sends the next over another', () => {
    const broken: ScriptedConnection = { data: [reply(1)], ends: 'closed' };
    const { calls, logs, connects } = runFront({
      connections: [broken, { data: replies(3) }],
      events: 3,
    });
    expect(calls).toEqual([served('/1'), INTERRUPTED, INTERRUPTED]);
    expect(logs).toHaveLength(1);
    expect(connects).toBe(1);
    const later = runFront({ connections: [broken, { data: replies(3) }], events: 2, secondsBetween: 1 });
    expect(later.calls).toEqual([served('/1'), served('/1')]);
    expect(later.connects).toBe(2);
  });

  it('sends over another what was not sent when a connection broke', () => {
    // The first frame takes a while: what comes meanwhile waits.
    const stuck: ScriptedConnection = { sendingTakes: 0.2, unsent: 'broken pipe' };
    const { calls, frames } = runFront({
      connections: [stuck, { data: replies(1) }],
      events: 2,
      secondsBetween: 0.1,
    });
    expect(calls).toEqual([INTERRUPTED, served('/1')]);
    expect(frames).toHaveLength(1);
  });

  it('gives a connection no more events after BYE, and closes it after the last reply', () => {
    const leaving: ScriptedConnection = { data: [Buffer.concat([BYE, reply(1)])] };
    const { calls, logs, connects, closed } = runFront({
      connections: [leaving, { data: replies(2) }],
      events: 3,
      secondsBetween: 1,
    });
    expect(calls).toEqual([served('/1'), served('/1'), served('/2')]);
    expect([logs, connects, closed]).toEqual([[], 2, 2]);
  });

  it('waits for the replies to what was under way at BYE', () => {
    const leaving: ScriptedConnection = { data: ['', Buffer.concat([BYE, reply(2), reply(1)])] };
    const { calls, connects } = runFront({ connections: [leaving], events: 2 });
    expect(calls).toEqual([served('/2'), served('/1')]);
    expect(connects).toBe(1);
  });

  it('goes on without a timer that nginx never runs', () => {
    const { calls, took, connects } = runFront({
      connections: [{ data: replies(4) }],
      lostTimers: 1,
      events: 4,
      secondsBetween: 0.5,
    });
    expect(calls).toHaveLength(4);
    expect(calls).not.toContainEqual(INTERRUPTED);
    expect([took.sort(), connects]).toEqual([[0, 0.5, 1, 1.5], 1]);
  });

  it('sends nothing for which nobody waits any more', () => {
    // The second event’s time runs out while the first one’s frame is still being sent.
    const slow: ScriptedConnection = { sendingTakes: 36, data: ['', reply(1)], secondsBetween: 1 };
    const { calls, frames } = runFront({ connections: [slow], events: 2, secondsBetween: 0.1 });
    expect(calls).toEqual([served('/1'), INTERRUPTED]);
    expect(frames.map(({ id }) => id)).toEqual([1]);
  });

  it('sends no more than 256 KiB at once, but at least one frame', () => {
    const getters = { 'kong.request.get_raw_body': ['x'.repeat(100_000)] };
    const { frames, writes } = runFront({ getters, connections: [{ data: replies(7) }], events: 7 });
    expect([frames.length, writes]).toEqual([7, 3]);
  });

  it('gives no more events to a connection that let one’s time run out', () => {
    const stalled: ScriptedConnection = {};
    const { calls, connects } = runFront({
      connections: [stalled, { data: replies(1) }],
      events: 2,
      secondsBetween: 36,
    });
    expect(calls).toEqual([INTERRUPTED, served('/1')]);
    expect(connects).toBe(2);
  });

  it('takes events elsewhere from a connection that cannot be opened', () => {
    // The second connection is tried when the first one is silent.
    const silent: ScriptedConnection = { data: [reply(1), '', Buffer.concat([reply(2), reply(3)])] };
    const { calls } = runFront({
      connections: [silent, { refused: 'timeout' }],
      events: 3,
      secondsBetween: 0.4,
    });
    expect(calls).toEqual([served('/1'), served('/2'), served('/3')]);
  });

  it('closes a connection that has had no event for a minute', () => {
    const { closed, lasted } = runFront({ connections: [{ data: replies(1) }] });
    expect([closed, lasted]).toEqual([1, 60]);
  });

  it('closes it within a second where nginx stops', () => {
    const { closed, lasted } = runFront({ connections: [{ data: replies(1) }], exitsAfter: 3 });
    expect([closed, lasted]).toEqual([1, 3]);
  });

  it('answers what is under way where nginx stops', () => {
    const { calls } = runFront({
      connections: [{ data: ['', '', Buffer.concat(replies(3))] }],
      events: 3,
      secondsBetween: 0.1,
      exitsAfter: 0.1,
    });
    expect(calls).toEqual([served('/1'), served('/2'), served('/3')]);
  });

  it('drops a reply for which nobody waits any more, and keeps the connection', () => {
    // The replies come after 18 and 36 s.
    const late: ScriptedConnection = { data: ['', reply(2), reply(1)], secondsBetween: 18 };
    const { calls, closed, lasted } = runFront({ connections: [late], events: 2, secondsBetween: 0.1 });
    expect(calls).toEqual([served('/2'), INTERRUPTED]);
    expect(closed).toBe(1);
    expect(lasted).toBeGreaterThan(90);
  });

  it('opens another connection when each has 16 events, and no more than 32', () => {
    const connects = (events: number) =>
      runFront({ connections: Array<ScriptedConnection>(40).fill({}), events }).connects;
    expect(connects(16)).toBe(1);
    // While the first one is being opened, all wait for it.
    expect(connects(17)).toBe(1);
    const gradually = (events: number) =>
      runFront({ connections: Array<ScriptedConnection>(40).fill({}), events, secondsBetween: 0.0001 })
        .connects;
    expect(gradually(16)).toBe(1);
    expect(gradually(17)).toBe(2);
    expect(gradually(2000)).toBe(32);
  });

  it('leaves a connection alone whose events have had no reply for a quarter of a second', () => {
    // The first and the third event wait for good. The fourth comes 0.4 s after the last reply.
    const silent: ScriptedConnection = { data: ['', reply(2)] };
    const { calls, connects } = runFront({
      connections: [silent, { data: replies(2) }],
      events: 4,
      secondsBetween: 0.2,
    });
    expect(calls).toEqual([served('/2'), served('/1'), INTERRUPTED, INTERRUPTED]);
    expect(connects).toBe(2);
  });

  it('fails at once what goes beyond 8,192 events', () => {
    const { took } = runFront({
      connections: Array<ScriptedConnection>(40).fill({}),
      events: 8200,
      secondsBetween: 0.001,
    });
    expect(took.filter((seconds) => seconds === 0)).toHaveLength(8);
  });
});
