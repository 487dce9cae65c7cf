/** Log lines for people: the time, the level and the message, on standard error. */

import { type Logger, levels, pino } from 'pino';

export function createConsoleLog(level: string): Logger {
  return pino({ level, base: null }, { write: (line: string) => printLogLine(line, '') });
}

/**
 * Prints a pino log line, or any other line unchanged.
 *
 * @param leastLevel lines below it are dropped: 40 is warn
 */
export function printLogLine(line: string, from: string, leastLevel = 0): void {
  process.stderr.write(format(line, from, leastLevel));
}

function format(line: string, from: string, leastLevel: number): string {
  try {
    const { level, time, msg = '', err, problem, requestId } = JSON.parse(line);
    if (level < leastLevel) return '';
    const parts = [
      new Date(time).toISOString().slice(11, 23),
      levels.labels[level] ?? level,
      from,
      msg,
      err?.message === undefined || err.message === msg ? '' : `(${err.message})`,
      problem === undefined ? '' : `(${problem})`,
      requestId === undefined ? '' : `request ${requestId}`,
    ];
    return `${parts.filter((part) => part !== '').join(' ')}\n`;
  } catch {
    return `${from} ${line}\n`;
  }
}
