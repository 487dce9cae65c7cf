/**
 * What the server counts of itself, in prom-client's default registry, where a plugin's own metrics are too.
 *
 * Label values are resolved once: what an event costs here is two clock readings and a few additions.
 */

import { Counter, collectDefaultMetrics, Gauge, Histogram, register } from 'prom-client';
import type { InstanceRegistry } from './instances';
import { PHASES, type Phase } from './plugin';
import type { PluginServer } from './server';

/**
 * How an event ended. `returned`: the handler did. `exited`: it answered the client itself. `failed`: it threw.
 * `timed_out`: it had not ended in time. `aborted`: Kong closed the connection meanwhile.
 */
export const OUTCOMES = ['returned', 'exited', 'failed', 'timed_out', 'aborted'] as const;
export type Outcome = (typeof OUTCOMES)[number];

const BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

const roundTrips = new Counter({
  name: 'kong_pluginserver_pdk_round_trips_total',
  help: 'Writes of PDK calls to which Kong answers; calls of one turn travel together',
});
const events = new Counter({
  name: 'kong_pluginserver_events_total',
  help: 'Events by phase and by how they ended',
  labelNames: ['phase', 'outcome'],
});
const eventSeconds = new Histogram({
  name: 'kong_pluginserver_event_seconds',
  help: 'Time from an event’s call to its end, waiting for Kong’s answers included',
  labelNames: ['phase'],
  buckets: BUCKETS,
});

const workerRestarts = new Counter({
  name: 'kong_pluginserver_worker_restarts_total',
  help: 'Workers that ended by themselves and were replaced',
});

const recorders = Object.fromEntries(PHASES.map((phase) => [phase, recorderOf(phase)])) as Record<
  Phase,
  ReturnType<typeof recorderOf>
>;

function recorderOf(phase: Phase) {
  const ended = Object.fromEntries(
    OUTCOMES.map((outcome) => [outcome, events.labels(phase, outcome)]),
  ) as Record<Outcome, Counter.Internal>;
  return { ended, seconds: eventSeconds.labels(phase) };
}

/** @param startedAt `performance.now()` of the event's call */
export function recordEvent(phase: Phase, outcome: Outcome, startedAt: number): void {
  const recorder = recorders[phase];
  recorder.ended[outcome].inc();
  recorder.seconds.observe((performance.now() - startedAt) / 1000);
}

/** A write of PDK calls that Kong has to answer. */
export function recordRoundTrip(): void {
  roundTrips.inc();
}

/** A worker that has ended by itself. */
export function recordWorkerRestart(): void {
  workerRestarts.inc();
}

/** Adds the process's own metrics, and levels that are read when they are asked for. Once in each process. */
export function collectLevels(
  phases: readonly Phase[],
  server: PluginServer,
  instances: InstanceRegistry,
): void {
  collectProcessMetrics();
  // There from the start, so that the first failure is a rise.
  for (const phase of phases) for (const outcome of OUTCOMES) events.inc({ phase, outcome }, 0);
  level('events_in_flight', 'Events that have begun and not ended', () => server.runningEvents);
  level('connections', 'Connections from Kong', () => server.connections);
  level('instances', 'Plugin instances: one for each configuration and nginx worker', () => instances.size);
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
 * How several processes' gauges become one where prom-client's own choice hides what matters: the worst worker's
 * event loop, the time since which the server has run.
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
