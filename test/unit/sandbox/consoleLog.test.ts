/** Log lines for people. */

import { expect, test, vi } from 'vitest';
import { printLogLine } from '../../../sandbox/consoleLog';

function printed(line: object): string {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    printLogLine(JSON.stringify({ level: 50, time: 0, ...line }), 'plugin server:');
    return write.mock.calls.join('');
  } finally {
    write.mockRestore();
  }
}

test.each([
  ['an error', { msg: 'it failed', err: { message: 'closed' } }, 'it failed (closed)'],
  ['an error that is the message', { msg: 'closed', err: { message: 'closed' } }, 'closed'],
  ['a problem', { msg: 'cannot be taken', problem: 'a.json: no JSON' }, 'cannot be taken (a.json: no JSON)'],
])('%s is told with its cause', (_, line, text) => {
  expect(printed(line)).toBe(`00:00:00.000 error plugin server: ${text}\n`);
});
