/** Stores records through the plugin server's own calls to Kinesis, and reports the outcome of each. */

import type { Logger } from 'pino';
import type { Reservation } from '../../../pluginserver/pdk';
import { type Clock, systemClock } from '../clock';
import type { Config } from '../config/config';
import { type RoutedRecord, recordBytes } from '../events/KinesisRecord';
import type { CredentialsSource } from '../kinesis/credentials/refreshedCredentials';
import { failureLog } from '../kinesis/failureLog';
import { queueBytes } from '../metrics';
import type { LossCode } from '../refusals';
import { streamChecks } from './checkStreams';
import { type Connections, connectionsTo } from './connections';
import { type KinesisClient, kinesisClient } from './kinesisClient';
import type { Outcome } from './outcome';
import { MAX_CALLS_UNDER_WAY, type PendingRecord, type StreamQueue, streamQueue } from './streamQueue';

export interface Delivery {
  /**
   * @param work an empty reservation, which pays for the records until the last of them leaves the queue
   * @param room how full the queue may become with these records, from 0 to 1. Default: 1.
   * @returns one outcome per record, in order, once all are known or the deadline has passed; never rejects
   */
  put(records: readonly RoutedRecord[], work: Reservation, room?: number): Promise<readonly Outcome[]>;
}

export type DeliveryConfig = Pick<Config, 'region' | 'endpoint' | 'batch' | 'credentials'>;

export interface DeliveryOptions {
  credentials: CredentialsSource;
  log: Logger;
  client?: KinesisClient;
  connections?: Connections;
  clock?: Clock;
  /** Called with each stream when the first event goes there. */
  onStream?: (stream: string) => void;
}

/** Roughly what a record takes in memory besides its bytes. */
export const RECORD_OVERHEAD_BYTES = 500;
/** What bytes in the queue take: themselves, and 4/3 in base64 while the call that carries them is under way. */
const workOf = (bytes: number) => Math.ceil((bytes * 7) / 3);
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

export function createDelivery(config: DeliveryConfig, options: DeliveryOptions): Delivery {
  const { batch } = config;
  const { clock = systemClock, credentials } = options;
  const timeoutMs = Math.ceil(batch.deadlineMs / 2);
  const queues = new Map<string, StreamQueue>();
  const client =
    options.client ??
    kinesisClient({
      endpoint: config.endpoint,
      region: config.region,
      credentials,
      timeoutMs,
      connections: options.connections ?? connectionsTo(config.endpoint, MAX_CALLS_UNDER_WAY, timeoutMs),
      failures: failureLog(options.log),
      clock,
    });
  let held = 0;

  function queueOf(stream: string): StreamQueue {
    let queue = queues.get(stream);
    if (queue === undefined) {
      queue = streamQueue({ stream, batch, client, clock });
      queues.set(stream, queue);
      options.onStream?.(stream);
    }
    return queue;
  }

  function hold(bytes: number): void {
    held += bytes;
    queueBytes.inc(bytes);
  }

  return {
    put(records, work, room = 1) {
      // A request may consist of bad events only.
      if (records.length === 0) return Promise.resolve([]);
      const sizes = records.map((record) => recordBytes(record) + RECORD_OVERHEAD_BYTES);
      const total = sum(sizes);
      // An empty queue takes any request: one larger than the queue would otherwise be retried for ever.
      if (held > 0 && held + total > batch.queueBytes * room) return lose(records, 'queue_full');
      if (!work.grow(sum(sizes.map(workOf)))) return lose(records, 'overloaded');
      hold(total);

      return new Promise((resolve) => {
        const outcomes = new Array<Outcome | undefined>(records.length);
        let unsettled = records.length;
        const pending = records.map((record, i): PendingRecord => {
          const { partitionKey, data } = record;
          return {
            partitionKey,
            data,
            deadline: clock.now() + batch.deadlineMs,
            attempts: 0,
            waitedFor: true,
            settle(outcome) {
              if (outcomes[i] !== undefined) return;
              outcomes[i] = outcome;
              this.waitedFor = false;
              if (--unsettled > 0) return;
              clock.clearTimeout(timer);
              resolve(outcomes as Outcome[]);
            },
            release() {
              hold(-sizes[i]!);
              work.shrink(workOf(sizes[i]!));
            },
          };
        });
        const timer = clock.setTimeout(() => giveUp(pending), batch.deadlineMs);
        for (let i = 0; i < records.length; i++) queueOf(records[i]!.stream).add(pending[i]!);
      });
    },
  };
}

function lose(records: readonly RoutedRecord[], lost: LossCode): Promise<Outcome[]> {
  return Promise.resolve(records.map(() => ({ lost })));
}

/** Records waiting for another attempt have a known cause. Those under way may still be stored. */
function giveUp(pending: readonly PendingRecord[]): void {
  for (const record of pending) record.settle({ lost: record.lastLoss ?? 'deadline_exceeded' });
}

/** Instances with the same settings share a delivery, so that events of all nginx workers share calls. */
const shared = new Map<string, Delivery>();

/** Settings change rarely. Beyond this number the oldest delivery is no longer shared with new instances. */
const MAX_SHARED_DELIVERIES = 100;

export function sharedDelivery(config: Config, credentials: CredentialsSource, log: Logger): Delivery {
  const { region, endpoint, batch, maxEventBytes, credentials: settings } = config;
  const key = JSON.stringify({ region, endpoint, batch, maxEventBytes, settings });
  const known = shared.get(key);
  if (known !== undefined) return known;
  const onStream = streamChecks(config, credentials, log);
  const delivery = createDelivery(config, { credentials, log, onStream });
  if (shared.size >= MAX_SHARED_DELIVERIES) shared.delete(shared.keys().next().value!);
  shared.set(key, delivery);
  return delivery;
}
