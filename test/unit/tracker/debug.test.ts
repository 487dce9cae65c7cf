/** What the tracker says on the console. */

import { expect, test, vi } from 'vitest';
import { start } from '../../support/tracker/startedCore';

test('debug says in a line each what was recorded, sent, stored and dropped; without it the tracker is silent', async () => {
  const lines: string[] = [];
  for (const level of ['log', 'warn', 'error', 'info', 'debug'] as const)
    vi.spyOn(console, level).mockImplementation((...line) => void lines.push(line.slice(1, 4).join(' ')));
  const run = async (debug: boolean) => {
    const { core } = start({ debug, maxEventBytes: 1_000 });
    core.track('Small');
    core.track('Large', { text: 'x'.repeat(2_000) });
    await core.flush();
  };
  await run(false);
  expect(lines).toEqual([]);
  await run(true);
  expect(lines).toEqual([
    expect.stringContaining('recorded Small'),
    'dropped 1 too_large',
    'sent 1',
    'stored 1',
    expect.stringContaining('recorded Events Dropped'),
    'sent 1',
    'stored 1',
  ]);
});
