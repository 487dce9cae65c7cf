/**
 * The server's metrics about itself, in prom-client's default registry, where a plugin's own metrics are too.
 *
 * An event costs two clock readings and a few additions here; prom-client gets the sums when it asks.
 */

import { Counter, collectDefaultMetrics, Gauge, Histogram, register } from 'prom-client';
import type { InstanceRegistry } from '../instances';
import { PHASES, type Phase } from '../plugin';
import type { WorkBudget } from '../workBudget';

/**
 * How an event ended. `returned`: its handler returned. `exited`: the handler answered the client. `failed`: it threw.
 * `timed_out`: it did not end in time. `aborted`: Kong closed the connection meanwhile.
 */
export const OUTCOMES = ['returned', 'exited', 'failed', 'timed_out', 'aborted'] as const;
export type Outcome = (typeof OUTCOMES)[number];

const BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** Durations are passed to prom-client in batches of this size, which takes a third of the time for each. */
const BATCH_SIZE = 512;

const eventSeconds = new Histogram({
  name: 'kong_pluginserver_event_seconds',
  help: 'Time from an event’s call to its end, waiting for Kong’s answers included',
  labelNames: ['phase'],
  buckets: BUCKETS,
  collect() {
    for (const phase of PHASES) observeWaiting(phase);
  },
});
new Counter({
  name: 'kong_pluginserver_events_total',
  help: 'Events by phase and by how they ended',
  labelNames: ['phase', 'outcome'],
  collect() {
    this.reset();
    for (const phase of countedPhases) {
      for (const outcome of OUTCOMES) this.inc({ phase, outcome }, tallies[phase][outcome]);
    }
  },
});
let roundTrips = 0;
new Counter({
  name: 'kong_pluginserver_pdk_round_trips_total',
  help: 'Writes of PDK calls that Kong answers; calls of one turn share a write',
  collect() {
    this.reset();
    this.inc(roundTrips);
  },
});
let frontEvents = 0;
new Counter({
  name: 'kong_pluginserver_front_events_total',
  help: 'Events that the front in Kong handed over, each in one frame; all others came over ProtoBuf:1',
  collect() {
    this.reset();
    this.inc(frontEvents);
  },
});
const workerRestarts = new Counter({
  name: 'kong_pluginserver_worker_restarts_total',
  help: 'Workers that ended by themselves and were replaced',
});
const droppedLines = new Counter({
  name: 'kong_pluginserver_log_lines_dropped_total',
  help: 'Log lines dropped because earlier ones were not read',
});

const overloaded = new Counter({
  name: 'kong_pluginserver_overloaded_total',
  help: 'Events answered 503 because there was no room for what Kong sent',
});

type Tally = Record<Outcome, number> & { waiting: Float64Array; waitingCount: number };

const newTally = (): Tally => ({
  returned: 0,
  exited: 0,
  failed: 0,
  timed_out: 0,
  aborted: 0,
  waiting: new Float64Array(BATCH_SIZE),
  waitingCount: 0,
});
const tallies = Object.fromEntries(PHASES.map((phase) => [phase, newTally()])) as Record<Phase, Tally>;
/** The plugins' phases. Their counters exist, at zero, before the first event, so the first failure shows as a rise. */
const countedPhases = new Set<Phase>();

/** @param startedAt `performance.now()` at the event's call */
export function recordEvent(phase: Phase, outcome: Outcome, startedAt: number): void {
  const tally = tallies[phase];
  tally[outcome]++;
  tally.waiting[tally.waitingCount++] = performance.now() - startedAt;
  if (tally.waitingCount === BATCH_SIZE) observeWaiting(phase);
}

function observeWaiting(phase: Phase): void {
  const tally = tallies[phase];
  if (tally.waitingCount === 0) return;
  const histogram = eventSeconds.labels(phase);
  for (let i = 0; i < tally.waitingCount; i++) histogram.observe(tally.waiting[i]! / 1000);
  tally.waitingCount = 0;
}

/** Counts one write of PDK calls that Kong has to answer. */
export function recordRoundTrip(): void {
  roundTrips++;
}

/** Counts an event from a front. */
export function recordFrontEvent(): void {
  frontEvents++;
}

/** Counts a worker that ended on its own. */
export function recordWorkerRestart(): void {
  workerRestarts.inc();
}

/** Counts a log line dropped because nobody has read those before it. */
export function recordDroppedLine(): void {
  droppedLines.inc();
}

/** Counts an event refused for lack of memory. */
export function recordOverload(): void {
  overloaded.inc();
}

/** Adds the process's own metrics and the levels, which are read on request. Call it once. */
export function collectLevels(
  phases: readonly Phase[],
  server: { readonly runningEvents: number; readonly connections: number },
  instances: InstanceRegistry,
  budget: Pick<WorkBudget, 'used' | 'limit'>,
): void {
  collectProcessMetrics();
  for (const phase of phases) countedPhases.add(phase);
  level('events_in_flight', 'Events that have begun but not ended', () => server.runningEvents);
  level('connections', 'Connections from Kong', () => server.connections);
  level('instances', 'Plugin instances: one for each configuration and nginx worker', () => instances.size);
  level('work_bytes', 'Bytes in work, as counted against the budget', () => budget.used);
  level('work_bytes_limit', 'The budget for bytes in work: --max-work-bytes', () => budget.limit);
}

function level(name: string, help: string, read: () => number): void {
  new Gauge({
    name: `kong_pluginserver_${name}`,
    help,
    collect() {
      this.set(read());
    },
  });
}

/**
 * How the gauges of several processes are combined. prom-client's defaults hide what matters: the worst worker's event loop,
 * and how long the server has been running.
 */
const AGGREGATORS: Record<string, 'min' | 'max'> = {
  nodejs_eventloop_lag_seconds: 'max',
  nodejs_eventloop_lag_p50_seconds: 'max',
  nodejs_eventloop_lag_p90_seconds: 'max',
  nodejs_eventloop_lag_p99_seconds: 'max',
  process_start_time_seconds: 'min',
  process_max_fds: 'min',
};

/** CPU, memory, event loop and garbage collection of this process. */
export function collectProcessMetrics(): void {
  collectDefaultMetrics();
  for (const [name, aggregator] of Object.entries(AGGREGATORS)) {
    const metric = register.getSingleMetric(name);
    if (metric !== undefined) Object.assign(metric, { aggregator });
  }
}
