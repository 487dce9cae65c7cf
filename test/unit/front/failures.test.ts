/** What the front does where the plugin server fails it: nothing goes upstream unanswered. */

import { describe, expect, it } from 'vitest';
import { encodeReply, frame } from '../../support/front/frames';
import { hasLuaJit, INTERRUPTED, runFront, type ScriptedConnection } from '../../support/front/runFront';

const answering = (...data: (Buffer | string)[]): ScriptedConnection => ({ data });
const SERVED = ['kong.service.request.set_path', '/'];
const reply = (id: number) => encodeReply([['kong.service.request.set_path', '/']], '', id);

describe.skipIf(!hasLuaJit)('the front, under LuaJIT (skipped where there is no luajit)', () => {
  describe('fails closed, with one log line', () => {
    const whole = encodeReply([['kong.service.set_target', '127.0.0.1', 1]], 'body');
    it.each<[string, ScriptedConnection, string]>([
      ['connecting takes too long', { refused: 'timeout' }, 'no connection: timeout'],
      ['the frame cannot be sent', { unsent: 'broken pipe' }, 'not sent: broken pipe'],
      ['the server does not read', { sendingTakes: 35, unsent: 'timeout' }, 'no answer: timeout'],
      ['the server closes without an answer', { ends: 'closed' }, 'no answer: closed'],
      ['the answer is late', {}, 'no answer: timeout'],
      ['the answer is another event’s', { data: [encodeReply([], '', 2)] }, 'no answer: timeout'],
      ['the head is cut', { data: [whole.subarray(0, 11)], ends: 'closed' }, 'no answer: closed'],
      ['the calls are cut', { data: [whole.subarray(0, 30)], ends: 'closed' }, 'answer cut off: closed'],
      ['the bytes are cut', { data: [whole.subarray(0, -1)], ends: 'closed' }, 'answer cut off: closed'],
      ['the answer does not go on', { data: [whole.subarray(0, -1)] }, 'no answer: timeout'],
      [
        'the answer is another protocol’s',
        { data: ['HTTP/1.1 400 Bad'] },
        'an answer that is no frame, or too large',
      ],
      [
        'the answer is too large',
        { data: [frame('c').fill(255, 8)] },
        'an answer that is no frame, or too large',
      ],
      ['the answer is of an unknown kind', { data: [frame('?')] }, 'an answer of an unknown kind'],
      [
        'a value ends beyond the answer',
        { data: [frame('c', Buffer.from('s\x09\x00\x00\x00k0000'))] },
        'an answer that cannot be read',
      ],
      [
        'a value is of an unknown kind',
        { data: [frame('c', Buffer.from('?\x00\x00\x00\x000000'))] },
        'an answer that cannot be read',
      ],
      [
        'a map lacks entries',
        { data: [frame('c', Buffer.from('m\x02\x00\x00\x000000'))] },
        'an answer that cannot be read',
      ],
    ])('where %s', (_, connection, cause) => {
      const { calls, logs, connects, took, failure } = runFront({ connections: [connection] });
      expect(calls).toEqual([INTERRUPTED]);
      expect(logs).toEqual([['err', `plugin server at unix:/run/example.sock: ${cause}`]]);
      expect(connects).toBe(1);
      expect(took[0]).toBeLessThanOrEqual(35);
      expect(failure).toBeUndefined();
    });

    it('where nginx has no timer left', () => {
      const { calls, logs, connects } = runFront({ noTimer: 'too many pending timers', connections: [] });
      expect(calls).toEqual([INTERRUPTED]);
      expect(logs).toEqual([
        ['err', 'plugin server at unix:/run/example.sock: no connection: too many pending timers'],
      ]);
      expect(connects).toBe(0);
    });

    it('logs a cause once in ten seconds', () => {
      const late = Array<ScriptedConnection>(25).fill({ refused: 'timeout' });
      const refused = { connections: late, events: 25, secondsBetween: 1 };
      expect(runFront(refused).logs).toHaveLength(3);
      expect(runFront(refused).calls).toHaveLength(25);
    });
  });

  it('lets Kong answer 500 where kong.conf names no plugin server', () => {
    const { calls, failure } = runFront({ pluginservers: [], connections: [] });
    expect(calls).toEqual([]);
    expect(failure).toMatch(/names no plugin server/);
  });

  describe.each(['no such file or directory', 'connection refused'])(
    'where nobody listens (%s)',
    (refused) => {
      const away: ScriptedConnection = { refused };
      const served = answering(reply(1), reply(2), reply(3));

      it('all events wait for a server that restarts', () => {
        const { calls, logs, took, connects } = runFront({ connections: [away, away, served], events: 3 });
        expect(calls).toEqual([SERVED, SERVED, SERVED]);
        expect([logs, took, connects]).toEqual([[], [0.5, 0.5, 0.5], 3]);
      });

      it('they fail closed after less than two seconds, with one log line', () => {
        const { calls, logs, connects, took } = runFront({
          connections: Array<ScriptedConnection>(8).fill(away),
          events: 3,
        });
        expect(calls).toEqual([INTERRUPTED, INTERRUPTED, INTERRUPTED]);
        expect(logs).toEqual([['err', `plugin server at unix:/run/example.sock: no connection: ${refused}`]]);
        expect([connects, took]).toEqual([8, [1.75, 1.75, 1.75]]);
      });

      it('as many wait as are bounded, and all others fail at once', () => {
        const { took } = runFront({
          connections: Array<ScriptedConnection>(9).fill(away),
          events: 600,
          secondsBetween: 0.0001,
        });
        expect(took.filter((seconds) => seconds === 0)).toHaveLength(600 - 512);
      });

      it('the next one tries again', () => {
        const { calls } = runFront({
          connections: [...Array<ScriptedConnection>(8).fill(away), served],
          events: 2,
          secondsBetween: 5,
        });
        expect(calls).toEqual([INTERRUPTED, SERVED]);
      });

      it('each waits its own time, and is served as soon as somebody listens', () => {
        const { calls, took } = runFront({
          connections: [...Array<ScriptedConnection>(9).fill(away), answering(reply(2), reply(3))],
          events: 3,
          secondsBetween: 1,
        });
        expect(calls).toEqual([INTERRUPTED, SERVED, SERVED]);
        expect(took).toEqual([1.75, 1.25, 0.25]);
      });
    },
  );
});
