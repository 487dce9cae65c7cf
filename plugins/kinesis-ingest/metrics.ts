/** The plugin's metrics. They are in prom-client's default registry, which the plugin server exposes. */

import { Counter, Gauge, Histogram } from 'prom-client';
import { failureOf, type RefusalCode } from './refusals';

const events = new Counter({
  name: 'kinesis_ingest_events_total',
  help: 'Events by what the client was told of them; code is empty for accepted ones',
  labelNames: ['outcome', 'code'] as const,
});

const accepted = events.labels('accepted', '');

/** Counts events that are stored, or with `delivery: proxy` signed and passed to Kong. */
export function countAccepted(count: number): void {
  accepted.inc(count);
}

export function countNotAccepted(code: RefusalCode, count = 1): void {
  events.labels(failureOf(code).outcome, code).inc(count);
}

export const retries = new Counter({
  name: 'kinesis_ingest_retries_total',
  help: 'Events that were sent to Kinesis again',
});

export const batchRecords = new Histogram({
  name: 'kinesis_ingest_batch_records',
  help: 'Events per call to Kinesis, with delivery: batch',
  buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
});

export const queueBytes = new Gauge({
  name: 'kinesis_ingest_queue_bytes',
  help: 'Bytes of events held until Kinesis has them, with delivery: batch',
});

export const kinesisSeconds = new Histogram({
  name: 'kinesis_ingest_kinesis_seconds',
  help: 'Duration of calls to Kinesis, with delivery: batch',
  buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
});

export const badEventsLost = new Counter({
  name: 'kinesis_ingest_bad_events_lost_total',
  help: 'Refused events that could not be put into bad_events_stream',
});

/** Times of the credentials that sign requests, in milliseconds since 1970. */
export interface CredentialsInUse {
  fetchedAt: number;
  /** Infinity if they don’t expire. */
  expiresAt: number;
}

/**
 * Adds two gauges: when the credentials were fetched, and when they expire. Of several credentials the earliest time
 * counts. Without any there is no value: 0 would count as the earliest, and the primary of several workers never has
 * credentials.
 */
export function exposeCredentials(inUse: () => readonly CredentialsInUse[]): void {
  function expose(name: string, help: string, timeOf: (credentials: CredentialsInUse) => number): void {
    new Gauge({
      name,
      help,
      aggregator: 'min',
      collect() {
        const earliest = Math.min(...inUse().map(timeOf));
        if (earliest === Number.POSITIVE_INFINITY) this.remove();
        else this.set(earliest / 1000);
      },
    });
  }
  expose(
    'kinesis_ingest_credentials_expiry_seconds',
    'When the AWS credentials in use expire, in seconds since 1970; no value where they don’t',
    ({ expiresAt }) => expiresAt,
  );
  expose(
    'kinesis_ingest_credentials_fetched_seconds',
    'When the AWS credentials in use were fetched, in seconds since 1970',
    ({ fetchedAt }) => fetchedAt,
  );
}

/** A contract by which events were checked, as the labels of the metric have it. */
interface CheckedBy {
  readonly name: string;
  readonly version: number;
}

type CheckResult = 'ok' | 'violated' | 'unknown';

/** Sums of results by contract, which prom-client is given when it asks: its own counting costs more than the check. */
/** Of contracts that are gone some rows stay until the metrics are asked for. */
const MAX_CHECKED = 2000;
const checked = new Map<string, { by: CheckedBy | undefined; counts: Record<CheckResult, number> }>();

/** @param by undefined for an event without a contract */
export function countChecked(result: CheckResult, by?: CheckedBy): void {
  const key = by === undefined ? '' : `${by.version} ${by.name}`;
  let row = checked.get(key);
  if (row === undefined) {
    if (checked.size === MAX_CHECKED) checked.delete(checked.keys().next().value!);
    row = { by, counts: { ok: 0, violated: 0, unknown: 0 } };
    checked.set(key, row);
  }
  row.counts[result]++;
}

/** The folder of contracts as the metrics have it. */
export interface ContractsInForce {
  all: readonly CheckedBy[];
  /** In milliseconds since 1970. */
  loadedAt: number;
  /** Whether the folder holds something else, which can't be taken. */
  isBehind: boolean;
}

/** Adds what there is to say of contracts. Names come from them alone, so that no client adds a series. */
export function exposeContracts(inForce: () => ContractsInForce): void {
  new Counter({
    name: 'kinesis_ingest_contract_events_total',
    help: 'Events by the contract that they were compared with, and the result; without name and version: no contract',
    labelNames: ['name', 'version', 'result'],
    collect() {
      this.reset();
      const known = new Set(inForce().all.map(({ name, version }) => `${version} ${name}`));
      for (const [key, { by, counts }] of checked) {
        // Those of a contract that is gone end with it, so that there are never more than contracts.
        if (by !== undefined && !known.has(key)) checked.delete(key);
        else
          for (const result of by === undefined ? (['unknown'] as const) : (['ok', 'violated'] as const))
            this.inc({ name: by?.name ?? '', version: by?.version ?? '', result }, counts[result]);
      }
    },
  });
  function gauge(name: string, help: string, aggregator: 'min' | 'max', read: () => number): void {
    new Gauge({
      name,
      help,
      aggregator,
      collect() {
        this.set(read());
      },
    });
  }
  gauge('kinesis_ingest_contracts', 'Contracts in force', 'min', () => inForce().all.length);
  gauge(
    'kinesis_ingest_contracts_loaded_seconds',
    'When the contracts in force were loaded, in seconds since 1970',
    'min',
    () => inForce().loadedAt / 1000,
  );
  gauge(
    'kinesis_ingest_contracts_behind',
    'Whether the folder of contracts has a change that can’t be taken: 1, else 0',
    'max',
    () => Number(inForce().isBehind),
  );
}
