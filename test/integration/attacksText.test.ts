/** Bytes and names that mean something else further on: line ends, broken UTF-8, JavaScript’s own names. */

import { describe, expect, test } from 'vitest';
import { refusalOf } from '../support/http';
import { rawRequest, sendRaw } from '../support/rawHttp';
import { DRIVER } from '../support/startGateway';
import { ID, useAttackedGateway } from '../support/useAttackedGateway';

describe.each(['proxy', 'batch'])(`attacks, delivery: %s (${DRIVER})`, (delivery) => {
  const { stack, post, raw, storedTexts, storedEvents, expectStillServing } = useAttackedGateway(delivery);

  describe('line ends and odd bytes', () => {
    test.each([
      ['a line end in escapes', { user_id: 'a\r\nSet-Cookie: evil=1' }, {}],
      ['a line feed at its end', { user_id: 'abc\n' }, {}],
      ['a zero byte', { user_id: 'a\0b' }, {}],
      ['a quote and a semicolon', { user_id: 'a"; Domain=evil.example' }, {}],
      ['a percent-encoded line end in the cookie', {}, { cookie: 'user_id=%0d%0aSet-Cookie:%20evil=1' }],
      ['a semicolon in a quoted cookie', {}, { cookie: 'user_id="a; Domain=evil.example"' }],
      ['a cookie that is all quotes', {}, { cookie: 'user_id=""""' }],
      ['several ids in the header', {}, { 'x-user-id': ['a', 'b'] }],
      ['an id of 5,000 characters', {}, { 'x-user-id': 'x'.repeat(5_000) }],
    ])('%s in an id does not get into a header of the answer', async (_, event, headers) => {
      const answer = await post(event, headers);
      expect(answer.status, answer.text).toBe(200);
      const id = answer.headers['x-user-id'] as string;
      expect(id).toMatch(ID);
      expect(answer.headers['set-cookie']).toEqual([
        `user_id=${id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000; Secure`,
      ]);
      expect(JSON.stringify(answer.headers)).not.toContain('evil');
    });

    test('a folded header and a bare carriage return are refused or harmless', async () => {
      for (const header of ['X-User-Id: a\r\n Set-Cookie: evil=1', 'X-User-Id: a\rSet-Cookie: evil=1']) {
        const { text } = await raw(
          ['Host: a', 'Content-Type: application/json', header, 'Content-Length: 2', 'Connection: close'],
          '{}',
        );
        expect(text).not.toMatch(/evil/);
      }
      await expectStillServing();
    });

    test.each([
      ['bytes that are no UTF-8', Buffer.from([0x61, 0xff, 0xc3, 0x28, 0x62])],
      ['an overlong slash', Buffer.from([0x61, 0xc0, 0xaf])],
      ['UTF-8', Buffer.from('é漢😀')],
      ['quotes and backslashes', Buffer.from('"},{"ip":"6.6.6.6"\\')],
      ['characters of HTML', Buffer.from('<script>\u2028</script>')],
    ])('a listed header of %s is a text in the event, which stays JSON', async (_, value) => {
      const head = rawRequest(['Host: a', 'Content-Type: application/json', 'User-Agent: ']).slice(0, -4);
      const rest = '\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{"type":"x"}';
      const { statuses } = await sendRaw(
        stack.gateway.proxyUrl,
        Buffer.concat([Buffer.from(head), value, Buffer.from(rest)]),
        2000,
      );
      // nginx refuses none of these; where a gateway does, nothing is stored.
      if (statuses[0] !== 200) return expect(stack.kinesis.stored).toEqual([]);
      expect(storedEvents()).toMatchObject([{ type: 'x', ip: '127.0.0.1', user_agent: expect.any(String) }]);
      expect(Object.keys(storedEvents()[0]!).filter((name) => name === 'ip')).toHaveLength(1);
    });
  });

  describe('names of JavaScript’s own', () => {
    const texts = [
      '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"toString":1,"hasOwnProperty":2}',
      '{"__proto__":null,"valueOf":{},"then":{"then":1},"toJSON":"x"}',
    ];

    test('in events arrive as they came', async () => {
      for (const text of texts) expect((await post(text)).status).toBe(200);
      storedTexts().forEach((stored, i) => {
        expect(stored.startsWith(texts[i]!.slice(0, -1))).toBe(true);
      });
    });

    test('in an envelope are shared as other fields are', async () => {
      const answer = await post('{"batch":[{"a":1},{"__proto__":2}],"__proto__":{"x":1},"constructor":3}');
      expect(answer.status, answer.text).toBe(200);
      const [first, second] = storedTexts();
      expect(first).toMatch(/"__proto__":\{"x":1\}.*"constructor":3|"constructor":3.*"__proto__":\{"x":1\}/);
      expect(second).toMatch(/^\{"__proto__":2,/);
    });

    test('as headers, cookies and values change nothing', async () => {
      const answer = await post(
        { user_id: '__proto__' },
        {
          __proto__x: '1',
          constructor: '2',
          cookie: '__proto__=1; user_id=constructor',
          'x-user-id': 'toString',
        },
      );
      expect(answer.status).toBe(200);
      expect(answer.headers['x-user-id']).toBe('__proto__');
      await expectStillServing();
      expect(storedEvents().at(-1)).not.toHaveProperty('admin');
    });
  });

  describe('broken text', () => {
    test.each([
      ['an overlong slash', [0xc0, 0xaf]],
      ['an overlong zero byte', [0xc0, 0x80]],
      ['an overlong quote', [0xe0, 0x80, 0xa2]],
      ['a surrogate in UTF-8', [0xed, 0xa0, 0x80]],
      ['a surrogate pair in UTF-8', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
      ['a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
      ['five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
      ['a continuation alone', [0x80]],
      ['a character cut short', [0xf0, 0x9f, 0x98]],
      ['UTF-16', [...Buffer.from('\ufeff{"a":1}', 'utf16le')]],
    ])('%s is refused as invalid_utf8', async (_, bytes) => {
      const answer = await post(
        Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]),
      );
      expect(refusalOf(answer)).toMatchObject({ status: 400, code: 'invalid_utf8' });
      expect(stack.kinesis.calls).toEqual([]);
    });

    test('lone surrogates in escapes pass digit for digit and are no user id', async () => {
      const text = '{"a":"\\ud83d","\\udc00":"\\uDC00\\ud800","user_id":"\\ud83d"}';
      const answer = await post(text);
      expect(answer.status).toBe(200);
      expect(answer.headers['x-user-id']).toMatch(ID);
      expect(storedTexts()[0]).toContain('{"a":"\\ud83d","\\udc00":"\\uDC00\\ud800",');
    });
  });
});
