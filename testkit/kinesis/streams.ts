/** Streams, their shards and the records in them, in memory. */

import { createHash } from 'node:crypto';
import { KinesisError } from './KinesisError';

export class StoredRecord {
  /** When it arrived, in milliseconds since 1970. */
  readonly at = Date.now();

  constructor(
    readonly stream: string,
    readonly shardId: string,
    /** Ascending across all streams. */
    readonly sequenceNumber: string,
    readonly partitionKey: string,
    readonly base64: string,
  ) {}

  /** As text: decoded only when needed, which in a load test is never. */
  get data(): string {
    return Buffer.from(this.base64, 'base64').toString();
  }
}

export interface Shard {
  id: string;
  /** The first and the last hash key that it takes. */
  hashKeys: readonly [bigint, bigint];
  /** Oldest first. */
  records: StoredRecord[];
}

export interface Stream {
  name: string;
  arn: string;
  onDemand: boolean;
  /** Distribution of an on-demand stream: `AUTO` or `USER_PARTITION_KEY`. */
  distribution: string;
  maxRecordKib: number;
  createdAt: number;
  shards: readonly Shard[];
}

export type StreamSettings = Pick<Stream, 'onDemand' | 'distribution' | 'maxRecordKib'>;

export interface Streams {
  /** Every record that is kept, in the order they were stored. */
  readonly records: StoredRecord[];
  create(name: string, shards: number, settings?: Partial<StreamSettings>): Stream;
  delete(name: string): void;
  names(): string[];
  /** @throws KinesisError ResourceNotFoundException */
  get(name: string): Stream;
  store(stream: Stream, record: { partitionKey: string; hashKey?: string; base64: string }): StoredRecord;
  /** Number of records stored since the start, including those dropped. */
  storedSoFar(): number;
  /** The sequence number of the newest record, or of the start. */
  lastSequenceNumber(): string;
  /** Drops the records, and keeps the streams. */
  clear(): void;
}

export interface StreamsOptions {
  region: string;
  /** A stream that nobody created is created, with one shard, when it is first named. */
  createOnUse: boolean;
  /** Bytes of records to keep; beyond that the oldest are dropped. */
  maxBytes: number;
}

export const ACCOUNT = '000000000000';
export const MAX_HASH_KEY = 2n ** 128n - 1n;
/** As wide as Kinesis's own, so they sort as text. */
const SEQUENCE_NUMBER_DIGITS = 56;
const MAX_STREAMS = 100;
const MAX_SHARDS = 1_000;
/** What a record takes besides its data. */
const RECORD_OVERHEAD_BYTES = 300;

export function createStreams({ region, createOnUse, maxBytes }: StreamsOptions): Streams {
  const streams = new Map<string, Stream>();
  const records: StoredRecord[] = [];
  let keptBytes = 0;
  let last = 0;

  const create: Streams['create'] = (name, count, settings = {}) => {
    if (streams.has(name))
      throw new KinesisError(
        'ResourceInUseException',
        `Stream ${name} under account ${ACCOUNT} already exists.`,
      );
    const shardsSoFar = [...streams.values()].reduce((sum, { shards }) => sum + shards.length, 0);
    if (streams.size >= MAX_STREAMS || shardsSoFar + count > MAX_SHARDS)
      throw new KinesisError(
        'LimitExceededException',
        `No more than ${MAX_STREAMS} streams and ${MAX_SHARDS} shards.`,
      );
    const width = (MAX_HASH_KEY + 1n) / BigInt(count);
    const shards = Array.from({ length: count }, (_, i): Shard => {
      const end = i === count - 1 ? MAX_HASH_KEY : width * BigInt(i + 1) - 1n;
      return {
        id: `shardId-${String(i).padStart(12, '0')}`,
        hashKeys: [width * BigInt(i), end],
        records: [],
      };
    });
    const arn = `arn:aws:kinesis:${region}:${ACCOUNT}:stream/${name}`;
    const defaults = { onDemand: false, distribution: 'USER_PARTITION_KEY', maxRecordKib: 1024 };
    const stream = { name, arn, createdAt: Date.now(), shards, ...defaults, ...settings };
    streams.set(name, stream);
    return stream;
  };

  /** Drops a tenth at once, so this isn't done for every record. */
  function trim(): void {
    let count = 0;
    while (keptBytes > maxBytes * 0.9) keptBytes -= bytesOf(records[count++]!);
    const { sequenceNumber } = records[count - 1]!;
    records.splice(0, count);
    for (const { shards } of streams.values())
      for (const shard of shards) shard.records.splice(0, firstAfter(shard.records, sequenceNumber));
  }

  return {
    records,
    create,
    delete: (name) => void streams.delete(name),
    names: () => [...streams.keys()].sort(),
    get(name) {
      const found = streams.get(name);
      if (found !== undefined) return found;
      if (createOnUse) return create(name, 1);
      throw new KinesisError(
        'ResourceNotFoundException',
        `Stream ${name} under account ${ACCOUNT} not found.`,
      );
    },
    store(stream, { partitionKey, hashKey, base64 }) {
      const shard = shardFor(stream.shards, partitionKey, hashKey);
      const number = sequenceNumber(++last);
      const record = new StoredRecord(stream.name, shard.id, number, partitionKey, base64);
      shard.records.push(record);
      records.push(record);
      keptBytes += bytesOf(record);
      if (keptBytes > maxBytes) trim();
      return record;
    },
    storedSoFar: () => last,
    lastSequenceNumber: () => sequenceNumber(last),
    clear() {
      keptBytes = 0;
      records.length = 0;
      for (const { shards } of streams.values()) for (const shard of shards) shard.records.length = 0;
    },
  };
}

/** The index of the first record after the sequence number. */
export function firstAfter(records: readonly StoredRecord[], number: string): number {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (records[middle]!.sequenceNumber <= number) low = middle + 1;
    else high = middle;
  }
  return low;
}

function shardFor(shards: readonly Shard[], partitionKey: string, hashKey: string | undefined): Shard {
  if (shards.length === 1) return shards[0]!;
  const hash =
    hashKey === undefined
      ? BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`)
      : BigInt(hashKey);
  return shards.find(({ hashKeys }) => hash <= hashKeys[1])!;
}

function sequenceNumber(count: number): string {
  return `49${String(count).padStart(SEQUENCE_NUMBER_DIGITS - 2, '0')}`;
}

function bytesOf({ base64, partitionKey }: StoredRecord): number {
  return base64.length + partitionKey.length + RECORD_OVERHEAD_BYTES;
}
