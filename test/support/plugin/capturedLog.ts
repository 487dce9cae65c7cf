import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';

export interface CapturedLog {
  log: Logger;
  entries: Record<string, unknown>[];
  /** Everything that was written. */
  text(): string;
}

export function capturedLog(): CapturedLog {
  const lines: string[] = [];
  const entries: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      entries.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  return { log: pino(stream), entries, text: () => lines.join('') };
}
