/** What the server's processes report about themselves: their metrics, and what keeps them from their work. */

import type { Logger } from 'pino';
import { AggregatorRegistry, Gauge, type MetricObject, register } from 'prom-client';
import type { InstanceRegistry } from '../instances';
import { instanceProblems, mergeProblems, type Problem } from './health';

export interface Reports {
  /** Prometheus's text format. */
  metrics(): Promise<string>;
  problems(): Promise<Problem[]>;
}

/** The reports of a single-process server. */
export function localReports(instances: InstanceRegistry, log: Logger): Reports {
  return {
    metrics: () => register.metrics(),
    problems: async () => instanceProblems(instances, log),
  };
}

/** From the primary to a worker. */
export type ReportRequest = { type: 'report'; ask: number; about: 'metrics' | 'problems' };
/** From the worker back to the primary. */
export type ReportAnswer = { type: 'reported'; ask: number } & (
  | { metrics: MetricObject[] }
  | { problems: Problem[] }
);

/** The worker's side. */
export async function answerReport(
  { ask, about }: ReportRequest,
  instances: InstanceRegistry,
  log: Logger,
): Promise<ReportAnswer> {
  if (about === 'problems') return { type: 'reported', ask, problems: instanceProblems(instances, log) };
  return { type: 'reported', ask, metrics: (await register.getMetricsAsJSON()) as MetricObject[] };
}

/** A worker as the primary sees it. */
export interface ReportingWorker {
  readonly pid: number | undefined;
  ask(request: ReportRequest): void;
}

export interface WorkerReports extends Reports {
  started(worker: ReportingWorker): void;
  answered(worker: ReportingWorker, answer: ReportAnswer): void;
  ended(worker: ReportingWorker): void;
}

/** A stuck worker delays the answer by no more than this. */
const ANSWER_TIMEOUT_MS = 1_000;

/**
 * The primary's side: asks all workers and adds up their answers.
 *
 * A counter must never fall, so a worker's last answer still counts while the worker is silent and after it ends.
 */
export function createWorkerReports(): WorkerReports {
  const workers = new Set<ReportingWorker>();
  const lastMetrics = new Map<ReportingWorker, MetricObject[]>();
  /** Counters and histograms of workers that have ended. */
  let departed: MetricObject[][] = [];
  const waiting = new Map<number, (worker: ReportingWorker, answer: ReportAnswer | undefined) => void>();
  let lastAsk = 0;
  const workersByState = new Gauge({
    name: 'kong_pluginserver_workers',
    help: 'Workers by whether they answered the primary process in time',
    labelNames: ['state'],
  });

  /** The answers by worker; undefined for a stuck one. A worker that ends meanwhile is left out. */
  function askAll(about: ReportRequest['about']): Promise<Map<ReportingWorker, ReportAnswer | undefined>> {
    return new Promise((resolve) => {
      const ask = ++lastAsk;
      const asked = new Map<ReportingWorker, ReportAnswer | undefined>();
      const open = new Set(workers);
      const timer = setTimeout(finish, ANSWER_TIMEOUT_MS);
      function finish(): void {
        clearTimeout(timer);
        waiting.delete(ask);
        for (const worker of open) if (workers.has(worker)) asked.set(worker, undefined);
        resolve(asked);
      }
      function settle(worker: ReportingWorker, answer: ReportAnswer | undefined): void {
        if (open.delete(worker) && answer !== undefined) asked.set(worker, answer);
        if (open.size === 0) finish();
      }
      waiting.set(ask, settle);
      for (const worker of workers) worker.ask({ type: 'report', ask, about });
      if (open.size === 0) finish();
    });
  }

  return {
    started: (worker) => void workers.add(worker),
    answered(worker, answer) {
      if ('metrics' in answer && workers.has(worker)) lastMetrics.set(worker, answer.metrics);
      waiting.get(answer.ask)?.(worker, answer);
    },
    ended(worker) {
      workers.delete(worker);
      const last = lastMetrics.get(worker);
      lastMetrics.delete(worker);
      if (last !== undefined) departed.push(last.filter(isCumulative));
      for (const settle of waiting.values()) settle(worker, undefined);
    },
    async metrics() {
      const answers = await askAll('metrics');
      const silent = [...answers.values()].filter((answer) => answer === undefined).length;
      workersByState.set({ state: 'answering' }, answers.size - silent);
      workersByState.set({ state: 'silent' }, silent);
      if (departed.length > 1) departed = [await aggregate(departed).getMetricsAsJSON()] as MetricObject[][];
      const own = (await register.getMetricsAsJSON()) as MetricObject[];
      return aggregate([own, ...departed, ...lastMetrics.values()]).metrics();
    },
    async problems() {
      const problems: Problem[] = [];
      const answers = await askAll('problems');
      if (answers.size === 0) problems.push({ reason: 'no worker is running' });
      for (const [{ pid }, answer] of answers) {
        if (answer === undefined) problems.push({ reason: `worker ${pid} does not answer` });
        else if ('problems' in answer) problems.push(...answer.problems);
      }
      return mergeProblems(problems);
    },
  };
}

function isCumulative({ type }: MetricObject): boolean {
  // prom-client declares the type as a number, but returns its name.
  return ['counter', 'histogram'].includes(String(type));
}

function aggregate(reports: MetricObject[][]) {
  return AggregatorRegistry.aggregate(reports as unknown as object[]);
}
