/** "Copy as curl" sends the same request, whatever is in it, and does nothing else. */

import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { curlOf } from '../../../view/events/curl';
import { eventToJson } from '../../../view/events/toJson';
import type { SeenRequest, ViewEvent } from '../../../view/events/ViewEvent';
import { redactHeaders, redactUrl } from '../../../view/record/redact';

const GATEWAY = 'http://127.0.0.1:1';
const requestOf = (part: Partial<SeenRequest>): SeenRequest => ({
  id: 'r',
  at: new Date(0),
  method: 'POST',
  url: '/events',
  headers: [['content-type', 'application/json']],
  clientIp: '127.0.0.1',
  route: 'events',
  body: '{}',
  bodyBytes: 2,
  isText: true,
  events: 1,
  ...part,
});

/** What curl is called with. The shell has nothing but a function of that name. */
function argumentsOf(command: string): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  return execFileSync('bash', ['-c', script], { encoding: 'latin1' }).split('\0').slice(0, -1);
}
const bytes = (text: string) => Buffer.from(text).toString('latin1');

describe('the command line', () => {
  test.each([
    ['quotes', `it's "so"`],
    ['what a shell expands', '$(touch /tmp/x) `id` $HOME !! ~ * \\'],
    ['a file’s name', '@/etc/passwd'],
    ['lines', 'a\nb\n'],
    ['letters beyond ASCII', 'é😀'],
    ['the end of what a terminal takes for pasted', "\u001b[201~\rid\r'\\é"],
    ['C1 controls', '\u009b201~'],
  ])('has %s in the body as they came', (_, body) => {
    const command = curlOf(requestOf({ body }), GATEWAY)!;
    expect(argumentsOf(command).at(-1)).toBe(bytes(body));
    // Neither does the terminal that it is pasted into find an order there.
    expect(command.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  test('has headers and address byte for byte, and lets curl expand nothing', () => {
    const url = '/events?a=[1-3]&b={x,y}&apikey=[redacted]';
    const headers: [string, string][] = [
      ['x-latin', '\u00e9\u009b1m'],
      ['x-empty', ''],
    ];
    const got = argumentsOf(curlOf(requestOf({ url, headers }), GATEWAY)!);
    expect(got).toEqual(expect.arrayContaining(['--globoff', '--path-as-is', GATEWAY + url]));
    expect(got).toEqual(expect.arrayContaining(['x-latin: \u00e9\u009b1m', 'x-empty;']));
  });

  test('says so where the request had no header that curl sends by itself', () => {
    const got = argumentsOf(curlOf(requestOf({ headers: [['accept', 'a/b']] }), GATEWAY)!);
    expect(got).toEqual(expect.arrayContaining(['accept: a/b', 'user-agent:', 'content-type:']));
    expect(got).not.toContain('accept:');
  });

  test('is not there for what the system refuses as an argument', () => {
    expect(argumentsOf(curlOf(requestOf({ body: 'x'.repeat(90_000) }), GATEWAY)!).at(-1)).toHaveLength(
      90_000,
    );
    for (const body of ["'".repeat(90_000), 'x'.repeat(200_000), 'a\0b'])
      expect(curlOf(requestOf({ body }), GATEWAY)).toBeUndefined();
  });
});

test('a list has large bodies and answers once for all events of a request', () => {
  const body = 'x'.repeat(20_000);
  const request = requestOf({ body, events: 2 });
  const event = (index: number): ViewEvent => ({
    id: index,
    request,
    index,
    sent: '{}',
    outcome: 'stored',
    answer: { status: 200, headers: {}, body },
  });
  const [first, second] = [0, 1].map((index) => eventToJson(event(index), GATEWAY, true));
  expect(first).toMatchObject({ curl: expect.stringContaining(body), answer: { body } });
  expect(second).toMatchObject({ curl: null, answer: { body: null } });
  expect(eventToJson(event(1), GATEWAY)).toMatchObject({
    curl: expect.stringContaining(body),
    answer: { body },
  });
});

test('credentials are taken out of addresses, however they are spelt, in headers too', () => {
  expect(redactUrl('/e?api%6bey=s3cret&pwd=s3cret&a=b')).toBe('/e?api%6bey=[redacted]&pwd=[redacted]&a=b');
  expect(redactHeaders(['Referer', 'https://x.example/?access_token=s3cret', 'X-Pass', 's3cret'])).toEqual([
    ['referer', 'https://x.example/?access_token=[redacted]'],
    ['x-pass', '[redacted]'],
  ]);
});
