/** The plugin's metrics. They are in prom-client's default registry, which the plugin server exposes. */

import { Counter, Gauge, Histogram } from 'prom-client';
import { failureOf, type RefusalCode } from './refusals';

const events = new Counter({
  name: 'kinesis_ingest_events_total',
  help: 'Events by the answer the client got; code is empty for accepted ones',
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
 * Adds two gauges: when the credentials were fetched, and when they expire. Of several credentials, the earliest time
 * counts. Without any, there is no value: 0 would count as the earliest, and the primary of several workers never has
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
    'When the AWS credentials in use expire, in seconds since 1970; no value if they don’t',
    ({ expiresAt }) => expiresAt,
  );
  expose(
    'kinesis_ingest_credentials_fetched_seconds',
    'When the AWS credentials in use were fetched, in seconds since 1970',
    ({ fetchedAt }) => fetchedAt,
  );
}

/** The folder of contracts as the metrics report it. */
export interface ContractsInForce {
  all: readonly { name: string; version: number; counts: Readonly<Record<'ok' | 'violated', number>> }[];
  /** Events for which there was no contract. */
  unknown: number;
  /** In milliseconds since 1970. */
  loadedAt: number;
  /** Whether the folder has a change that can't be taken. */
  isBehind: boolean;
}

/** Adds the metrics of contracts. Names come from contracts only, so that no client adds a series. */
export function exposeContracts(inForce: () => ContractsInForce): void {
  new Counter({
    name: 'kinesis_ingest_contract_events_total',
    help: 'Events by contract and result; events without a contract have no name and version',
    labelNames: ['name', 'version', 'result'],
    collect() {
      this.reset();
      const { all, unknown } = inForce();
      this.inc({ name: '', version: '', result: 'unknown' }, unknown);
      for (const { name, version, counts } of all)
        for (const result of ['ok', 'violated'] as const) this.inc({ name, version, result }, counts[result]);
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
    '1 while the folder of contracts has a change that can’t be taken, else 0',
    'max',
    () => Number(inForce().isBehind),
  );
}
