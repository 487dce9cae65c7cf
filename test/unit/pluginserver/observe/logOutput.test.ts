import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type LogOutput, logOutput, relayLines } from '../../../../pluginserver/observe/logOutput';

const LINE = `${'x'.repeat(99)}\n`;
const LIMIT = 10 * LINE.length;
const SOON_MS = 1;
const LONG_MS = 60_000;

/** A pipe whose reader has stopped, until `read` is called. */
function unreadPipe() {
  const read: string[] = [];
  let reading = false;
  let waiting: () => void = () => undefined;
  const pipe = new Writable({
    highWaterMark: 1,
    decodeStrings: false,
    write(line: string, _encoding, done) {
      const take = () => {
        read.push(line);
        done();
      };
      if (reading) take();
      else waiting = take;
    },
  });
  return {
    pipe,
    read,
    startReading() {
      reading = true;
      waiting();
    },
  };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the output of the log', () => {
  it('keeps lines that nobody reads up to its limit, and then tells how many it has dropped', async () => {
    const { pipe, read, startReading } = unreadPipe();
    const output: LogOutput = logOutput(pipe, (lines) => output.write(`${lines} dropped\n`), LIMIT);
    for (let i = 0; i < 25; i++) output.write(LINE);
    expect(pipe.writableLength).toBe(LIMIT);
    startReading();
    await settled();
    expect(read).toEqual([...Array(10).fill(LINE), '15 dropped\n']);
  });

  it('tells of each gap its own number', async () => {
    const dropped: number[] = [];
    const { pipe, read, startReading } = unreadPipe();
    const output = logOutput(pipe, (lines) => dropped.push(lines), LIMIT);
    for (let i = 0; i < 12; i++) output.write(LINE);
    startReading();
    await settled();
    output.write(LINE);
    await settled();
    expect(dropped).toEqual([2]);
    expect(read).toHaveLength(11);
  });

  it('is written when everything is, however little that is', async () => {
    const { pipe, read, startReading } = unreadPipe();
    const output = logOutput(pipe, () => undefined);
    output.write('last line\n');
    const written = output.written(LONG_MS);
    startReading();
    await written;
    expect(read).toContain('last line\n');
  });

  it('is not waited for longer than asked when nobody reads', async () => {
    const { pipe, read } = unreadPipe();
    const output = logOutput(pipe, () => undefined);
    output.write('last line\n');
    await output.written(SOON_MS);
    expect(read).toEqual([]);
  });

  it('outlives its reader', async () => {
    const pipe = new Writable({
      write: (_line, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    });
    const output = logOutput(pipe, () => undefined);
    output.write(LINE);
    await settled();
    output.write(LINE);
    await output.written(LONG_MS);
  });
});

/** More than is kept of a line. */
const ENDLESS = 'x'.repeat(1024 * 1024 + 1);

describe('lines of a worker', () => {
  it.each([
    ['one at a time', ['{"a":1}\n', '{"b":2}\n'], ['{"a":1}\n', '{"b":2}\n']],
    ['several at once', ['{"a":1}\n{"b":2}\n'], ['{"a":1}\n', '{"b":2}\n']],
    [
      'in pieces, characters cut in two',
      ['{"a":"', Buffer.from([0xc3]), Buffer.from([0xa4]), '"}\n'],
      ['{"a":"ä"}\n'],
    ],
    ['with other separators of lines inside', ['{"a":"\u2028\r"}\n'], ['{"a":"\u2028\r"}\n']],
    ['without ever an end', [ENDLESS, '{"a":1}\n'], [`${ENDLESS}\n`, '{"a":1}\n']],
    ['cut short by its end', ['{"a":1}\n{"b"'], ['{"a":1}\n', '{"b"\n']],
  ])('that come %s are handed on whole', async (_how, chunks, expected) => {
    const from = new PassThrough();
    const lines: string[] = [];
    relayLines(from, { write: (line) => lines.push(line), written: async () => undefined });
    for (const chunk of chunks) from.write(chunk);
    from.end();
    await settled();
    expect(lines).toEqual(expected);
  });

  it('are written in parts where they are longer than what may wait to be read', async () => {
    const from = new PassThrough();
    const { pipe, read, startReading } = unreadPipe();
    startReading();
    relayLines(
      from,
      logOutput(pipe, () => undefined),
    );
    const piece = 'x'.repeat(64 * 1024);
    for (let i = 0; i < 32; i++) {
      from.write(piece);
      await settled();
    }
    from.end();
    await settled();
    expect(read.join('').replaceAll('\n', '')).toBe(piece.repeat(32));
  });
});
