/** Compares the clients' ledger with the stored records', and names every promise that was broken. */

import { megabytes } from '../report';
import type { ClientAnswer } from './clients';

export interface Evidence {
  answers: readonly ClientAnswer[];
  /** Ids in the order in which they were stored, those twice that were stored twice. */
  stored: readonly string[];
  /** A `performance.now()`. */
  faultAt: number;
  /** The fault's end. */
  healedAt: number;
  /** The last event was due about then. */
  endedAt: number;
  /** What may pass until an answer, in milliseconds. */
  deadlineMs: number;
  /** Calls that reached Kinesis. */
  calls: number;
  /** Unsigned or raw calls that reached Kinesis. */
  violations: number;
  examples: readonly string[];
  /** Log lines with a secret or an event. */
  leaks: number;
  memory: Memory;
  /** Processes of the plugin server that the kernel killed for their memory; undefined where it has no limit. */
  kills?: number | undefined;
  /** See Fault. */
  slowestPercentile99Ms?: number | undefined;
}

/** Resident bytes of the plugin server. */
export interface Memory {
  before: number;
  peak: number;
  after: number;
}

export interface Verdict {
  sent: number;
  acknowledged: number;
  stored: number;
  storedTwice: number;
  /** Acknowledged, and not stored. */
  lost: number;
  calls: number;
  /** Answers that are no 200, by status or error. */
  refused: Record<string, number>;
  /** While the fault lasted, in milliseconds. */
  percentile99Ms: number;
  /** The slowest answer, in milliseconds. */
  slowestMs: number;
  late: number;
  /** From the fault's end to the last event that was refused; undefined where the last second had one. */
  recoveryMs: number | undefined;
  memory: Memory;
  /** What was broken, in words; empty where every promise held. */
  broken: string[];
}

/** Memory beyond what there was before: a few seconds of events, and what a garbage collector leaves. */
const MEMORY_GROWTH_BYTES = 128 * 1024 * 1024;
/** Every event of this last time must be acknowledged. */
const RECOVERED_FOR_MS = 1_000;

export function judge(evidence: Evidence): Verdict {
  const { stored, faultAt, healedAt, endedAt, deadlineMs, memory, kills, slowestPercentile99Ms } = evidence;
  // What was refused before the fault came, such as while compiled code was cold, is not its doing.
  const answers = evidence.answers.filter((answer) => isAcknowledged(answer) || endOf(answer) >= faultAt);
  const ids = new Set(stored);
  const acknowledged = answers.filter(isAcknowledged);
  const refusals = answers.filter((answer) => !isAcknowledged(answer));
  const lost = acknowledged.filter(({ id }) => !ids.has(id)).length;
  const late = answers.filter((answer) => answer.tookMs > deadlineMs && endOf(answer) >= faultAt).length;
  const lastRefused = refusals.reduce((last, { dueAt }) => Math.max(last, dueAt), healedAt);
  const recovered = acknowledged.length > 0 && lastRefused <= endedAt - RECOVERED_FOR_MS;

  const broken: string[] = [];
  const check = (ok: boolean, what: string) => void (ok || broken.push(what));
  check(lost === 0, `${lost} events acknowledged and not stored`);
  check(
    evidence.violations === 0,
    `${evidence.violations} calls that must not reach Kinesis: ${evidence.examples.join('; ')}`,
  );
  check(late === 0, `${late} answers after their deadline of ${deadlineMs} ms`);
  check(recovered, 'not back to acknowledging every event');
  const during = answers.filter(({ dueAt }) => dueAt >= faultAt && dueAt < healedAt);
  const percentile99Ms = percentile99(during.map(({ tookMs }) => tookMs));
  if (slowestPercentile99Ms !== undefined) {
    check(
      percentile99Ms <= slowestPercentile99Ms,
      `99 % of the answers took up to ${Math.round(percentile99Ms)} ms`,
    );
    const others = during.filter(({ outcome }) => outcome !== '200' && outcome !== '503');
    check(others.length === 0, `${others.length} answers that are neither 200 nor 503`);
  }
  if (kills !== undefined) check(kills === 0, `killed ${kills} times for its memory`);
  check(
    kills !== undefined || memory.peak - memory.before <= MEMORY_GROWTH_BYTES,
    `memory grew from ${megabytes(memory.before)} to ${megabytes(memory.peak)} MB`,
  );
  check(evidence.leaks === 0, `${evidence.leaks} log lines with a secret or an event`);
  return {
    sent: answers.length,
    acknowledged: acknowledged.length,
    stored: ids.size,
    storedTwice: stored.length - ids.size,
    lost,
    calls: evidence.calls,
    refused: countBy(refusals.map(({ outcome }) => outcome)),
    percentile99Ms,
    slowestMs: answers.reduce((slowest, { tookMs }) => Math.max(slowest, tookMs), 0),
    late,
    recoveryMs: recovered ? lastRefused - healedAt : undefined,
    memory,
    broken,
  };
}

export function isAcknowledged({ outcome }: ClientAnswer): boolean {
  return outcome === '200';
}

function percentile99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
}

const endOf = ({ dueAt, tookMs }: ClientAnswer) => dueAt + tookMs;

/** `500: 12, ECONNRESET: 1`, or `0`. */
export function countsIn(counts: Record<string, number>): string {
  const parts = Object.entries(counts).map(([outcome, count]) => `${outcome}: ${count}`);
  return parts.join(', ') || '0';
}

/** Before, peak and after, in MB. */
export function memoryIn({ before, peak, after }: Memory): string {
  return [before, peak, after].map(megabytes).join(', ');
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
