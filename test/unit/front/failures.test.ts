/** What the front does where the plugin server fails it: nothing goes upstream unanswered. */

import { describe, expect, it } from 'vitest';
import { BYE, encodeReply, frame } from '../../support/front/frames';
import { hasLuaJit, INTERRUPTED, runFront, type ScriptedConnection } from '../../support/front/runFront';

const answering = (...data: (Buffer | string)[]): ScriptedConnection => ({ data });

describe.skipIf(!hasLuaJit)('the front, under LuaJIT (skipped where there is no luajit)', () => {
  describe('fails closed, with one log line', () => {
    const whole = encodeReply([['kong.service.set_target', '127.0.0.1', 1]], 'body');
    it.each<[string, ScriptedConnection, string]>([
      ['connecting takes too long', { refused: 'timeout' }, 'no connection: timeout'],
      ['the frame cannot be sent', { unsent: 'broken pipe' }, 'not sent: broken pipe'],
      ['the server does not read', { reused: 3, unsent: 'timeout' }, 'not sent: timeout'],
      ['the server closes without an answer', { data: [] }, 'no answer: closed'],
      ['it does so on an idle connection', { reused: 3, data: [] }, 'no answer: closed'],
      ['the answer is late', { data: [], ends: 'timeout' }, 'no answer: timeout'],
      ['the head is cut', { data: [whole.subarray(0, 11)] }, 'no answer: closed'],
      ['the calls are cut', { data: [whole.subarray(0, 30)] }, 'answer cut off: closed'],
      ['the bytes are cut', { data: [whole.subarray(0, -1)] }, 'answer cut off: closed'],
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
      ['the server stops', { data: [BYE] }, 'the plugin server stops'],
    ])('where %s', (_, connection, cause) => {
      const { calls, logs, connects, failure } = runFront({ connections: [connection] });
      expect(calls).toEqual([INTERRUPTED]);
      expect(logs).toEqual([['err', `plugin server at unix:/run/example.sock: ${cause}`]]);
      expect(connects).toBe(1);
      expect(failure).toBeUndefined();
    });

    it('keeps no connection on which an answer may still come', () => {
      const { kept } = runFront({ connections: [{ data: [], ends: 'timeout' }] });
      expect(kept).toBe(0);
    });

    it('logs a cause once in ten seconds', () => {
      const late = Array<ScriptedConnection>(25).fill({ refused: 'timeout' });
      const refused = { connections: late, events: 25, secondsBetween: 1 };
      expect(runFront(refused).logs).toHaveLength(3);
      expect(runFront(refused).calls).toHaveLength(25);
    });
  });

  describe.each(['no such file or directory', 'connection refused'])(
    'where nobody listens (%s)',
    (refused) => {
      const away: ScriptedConnection = { refused };
      const served = answering(encodeReply([['kong.service.request.set_path', '/']]));

      it('waits for a server that restarts', () => {
        const { calls, logs, slept } = runFront({ connections: [away, away, served] });
        expect(calls).toEqual([['kong.service.request.set_path', '/']]);
        expect([logs, slept]).toEqual([[], 0.75]);
      });

      it('fails closed after less than two seconds, with one log line', () => {
        const { calls, logs, connects, slept } = runFront({ connections: [away, away, away, away] });
        expect(calls).toEqual([INTERRUPTED]);
        expect(logs).toEqual([['err', `plugin server at unix:/run/example.sock: no connection: ${refused}`]]);
        expect([connects, slept]).toEqual([4, 1.75]);
      });
    },
  );

  describe('a connection that lay idle', () => {
    const served = answering(encodeReply([['kong.service.request.set_path', '/']]));
    it.each<[string, ScriptedConnection]>([
      ['the server had closed', { reused: 3, unsent: 'broken pipe' }],
      ['the server closes without having read the frame', { reused: 3, data: [BYE] }],
    ])('is followed by another where %s', (_, stale) => {
      const { calls, connects, logs } = runFront({ connections: [stale, stale, served] });
      expect(calls).toEqual([['kong.service.request.set_path', '/']]);
      expect(connects).toBe(3);
      expect(logs).toEqual([]);
    });
  });
});
