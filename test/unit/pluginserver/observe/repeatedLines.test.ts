import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { repeatedLines } from '../../../../pluginserver/observe/repeatedLines';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function loggerWithRepeats() {
  const lines: Record<string, unknown>[] = [];
  const repeats = repeatedLines();
  const out = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  return { log: pino({ level: 'trace', hooks: repeats.hooks }, out), lines, flush: repeats.flush };
}

describe('a warning or error that comes again and again', () => {
  it('is one line at once, and its repeats are one more every ten seconds', () => {
    const { log, lines } = loggerWithRepeats();
    for (let i = 0; i < 1000; i++) log.error({ plugin: 'p', err: new Error('kaput') }, 'the plugin failed');
    expect(lines).toMatchObject([{ level: 50, msg: 'the plugin failed', err: { message: 'kaput' } }]);
    vi.advanceTimersByTime(10_000);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({ level: 50, msg: 'the plugin failed', repeated: 999, seconds: 10 });
    vi.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(2);
    log.error({ plugin: 'p', err: new Error('kaput') }, 'the plugin failed');
    expect(lines).toHaveLength(3);
  });

  it('is another one where message, cause, level or plugin is another', () => {
    const { log, lines } = loggerWithRepeats();
    log.error({ err: new Error('a') }, 'one');
    log.error({ err: new Error('b') }, 'one');
    log.warn({ err: new Error('a') }, 'one');
    log.error({ err: new Error('a') }, 'two');
    log.error({ err: new Error('a'), plugin: 'p' }, 'two');
    log.error('a text alone');
    log.error(new Error('an error alone'));
    expect(lines).toHaveLength(7);
  });

  it('has its number written when the process ends before the ten seconds are over', () => {
    const { log, lines, flush } = loggerWithRepeats();
    for (let i = 0; i < 3; i++) log.warn({ reason: 'r' }, 'closing');
    flush();
    expect(lines).toMatchObject([{ msg: 'closing' }, { msg: 'closing', reason: 'r', repeated: 2 }]);
  });

  it('whose cause is another one each time is bounded too', () => {
    const { log, lines } = loggerWithRepeats();
    for (let i = 0; i < 10_000; i++) log.error({ err: new Error(`request ${i}`) }, 'failed');
    expect(lines.length).toBeLessThan(300);
    vi.advanceTimersByTime(10_000);
    expect(lines.at(-1)).toMatchObject({ repeated: 9_799 });
  });
});

describe('a line of another kind is written each time', () => {
  it.each(['trace', 'debug', 'info', 'fatal'] as const)('%s', (level) => {
    const { log, lines } = loggerWithRepeats();
    for (let i = 0; i < 3; i++) log[level]({ i }, 'stopping');
    expect(lines.map(({ i }) => i)).toEqual([0, 1, 2]);
  });

  it.each([
    ['repeats already, which a plugin has counted', 'repeated'],
    ['lines that were dropped', 'dropped'],
  ])('one that has a number of %s', (_what, field) => {
    const { log, lines } = loggerWithRepeats();
    for (let i = 1; i < 4; i++) log.error({ [field]: i }, 'lines');
    expect(lines.map((line) => line[field])).toEqual([1, 2, 3]);
  });
});
