/** The stream's records as they arrive, for any number of listeners. */

import { KinesisClient } from '@aws-sdk/client-kinesis';
import { followStream } from '../sandbox/followStream';

/** What a page that is opened later still gets to see. */
const KEPT = 60;

export interface LiveRecord {
  shard: string;
  sequenceNumber: string;
  partitionKey: string;
  bytes: number;
  /** The stored event. */
  event: unknown;
}

export interface LiveRecords {
  /** Calls the listener with the latest records, and then with each. @returns what ends it */
  listen(listener: (record: LiveRecord) => void): () => void;
}

export interface LiveRecordsOptions {
  endpoint: string;
  region: string;
  stream: string;
  onError(error: unknown): void;
}

export function startLiveRecords({ endpoint, region, stream, onError }: LiveRecordsOptions): LiveRecords {
  const listeners = new Set<(record: LiveRecord) => void>();
  const kept: LiveRecord[] = [];
  const client = new KinesisClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
  });
  followStream({
    client,
    stream,
    position: 'TRIM_HORIZON',
    onRecord({ SequenceNumber, PartitionKey, Data }, shard) {
      const text = Buffer.from(Data ?? []);
      const record = {
        shard,
        sequenceNumber: SequenceNumber!,
        partitionKey: PartitionKey!,
        bytes: text.length,
        event: JSON.parse(text.toString()) as unknown,
      };
      kept.push(record);
      if (kept.length > KEPT) kept.shift();
      for (const listener of listeners) listener(record);
    },
  }).catch(onError);

  return {
    listen(listener) {
      for (const record of kept) listener(record);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
