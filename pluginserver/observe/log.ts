/** This process's log: JSON lines on standard output, which no event ever waits for. */

import { type Logger, pino } from 'pino';
import { type LogOutput, logOutput } from './logOutput';
import { repeatedLines } from './repeatedLines';

/** How long the last lines may take if nobody has read those before them. */
const LAST_LINES_MS = 500;

export interface ProcessLog {
  readonly log: Logger;
  readonly stdout: LogOutput;
  readonly stderr: LogOutput;
  /** Writes what is still held back, and waits at most half a second until it has been read. */
  lastLines(): Promise<void>;
}

export function openLog(level: string): ProcessLog {
  const repeats = repeatedLines();
  const sayDropped = (dropped: number) =>
    log.error({ dropped }, 'log lines were dropped: nobody read the log');
  const stdout = logOutput(process.stdout, sayDropped);
  const log = pino({ name: 'kong-pluginserver', level, hooks: repeats.hooks }, stdout);
  process.on('exit', repeats.flush);
  return {
    log,
    stdout,
    stderr: logOutput(process.stderr, sayDropped),
    lastLines() {
      repeats.flush();
      return stdout.written(LAST_LINES_MS);
    },
  };
}
