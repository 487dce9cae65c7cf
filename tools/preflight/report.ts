/** What preflight prints. */

import type { Finding } from './Check';
import type { Result } from './runPreflight';

const MARKS: Record<Finding['status'], string> = { pass: 'pass', warn: 'WARN', fail: 'FAIL' };

/** For people: a line per check, and for each problem, why it matters and what to do. */
export function textReport(results: readonly Result[]): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const lines = results.flatMap(({ name, reason, status, message, advice }) => {
    const line = `${MARKS[status]}  ${name.padEnd(width)}  ${message}`;
    return status === 'pass' ? [line] : [line, `      why: ${reason}`, `      do:  ${advice}`];
  });
  const count = (status: Finding['status']) => results.filter((result) => result.status === status).length;
  const vital = results.filter((result) => result.status === 'warn' && result.vital);
  return [
    ...lines,
    '',
    `${count('pass')} passed, ${count('warn')} to look at, ${count('fail')} failed`,
    ...(vital.length === 0
      ? []
      : [
          `Look at these first, they can keep events from being stored: ${vital.map(({ name }) => name).join(', ')}`,
        ]),
  ].join('\n');
}

/** For programs: `{"ok":boolean,"checks":[{"name","status","message","advice"?,"reason","vital"}]}`. */
export function jsonReport(results: readonly Result[]): string {
  return JSON.stringify({ ok: isFlightworthy(results), checks: results }, null, 2);
}

export function isFlightworthy(results: readonly Result[]): boolean {
  return results.every(({ status }) => status !== 'fail');
}
