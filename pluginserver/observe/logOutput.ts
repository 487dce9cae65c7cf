/** Writes lines without waiting for their reader. */

import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { recordDroppedLine } from './metrics';

/** This much may wait to be read; any further lines are dropped. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024;

export interface LogOutput {
  write(line: string): void;
  /** Resolves when everything has been written, or after this long. */
  written(timeoutMs: number): Promise<void>;
}

/**
 * Node writes what fits to a pipe at once, so a process can end right after its last line, and buffers the rest. pino's own
 * destination buffers the rest without a limit, and when the process ends it waits forever for the reader (`flushSync` of
 * sonic-boom 4.2.1).
 *
 * @param onDropped is called with the number of lines dropped, once lines can be written again
 */
export function logOutput(
  stream: Writable,
  onDropped: (lines: number) => void,
  maxUnwrittenBytes = MAX_UNWRITTEN_BYTES,
): LogOutput {
  let dropped = 0;
  // EPIPE: the reader is gone, and there is nobody else to tell.
  stream.on('error', () => undefined);
  stream.on('drain', () => {
    if (dropped === 0) return;
    const lines = dropped;
    dropped = 0;
    onDropped(lines);
  });
  return {
    write(line) {
      if (stream.writableLength + line.length <= maxUnwrittenBytes) stream.write(line);
      else {
        dropped++;
        recordDroppedLine();
      }
    },
    async written(timeoutMs) {
      const everything = new Promise<void>((resolve) => stream.write('', () => resolve()));
      await Promise.race([everything, delay(timeoutMs)]);
    },
  };
}

/** A longer line is passed on in parts instead of being held until it ends. */
const MAX_LINE_CHARACTERS = 256 * 1024;

/** Passes on whole lines, so those of several processes don't mix. */
export function relayLines(from: Readable, to: LogOutput): void {
  let rest = '';
  from.setEncoding('utf8');
  from.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) to.write(`${line}\n`);
    if (rest.length > MAX_LINE_CHARACTERS) handOnRest();
  });
  from.on('end', () => {
    if (rest !== '') handOnRest();
  });

  function handOnRest(): void {
    to.write(`${rest}\n`);
    rest = '';
  }
}
