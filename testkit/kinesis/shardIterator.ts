/** Shard iterators: a reader's position in a shard, as a text that the reader hands back. */

import { invalid, KinesisError } from './KinesisError';
import type { Shard, Stream } from './streams';

export interface IteratorRequest {
  ShardIteratorType: string;
  StartingSequenceNumber?: string;
  /** Seconds since 1970. */
  Timestamp?: number;
}

export interface Position {
  stream: string;
  shard: string;
  /** The sequence number before the next record. */
  after: string;
}

const LIFETIME_MS = 5 * 60_000;
const BEFORE_ALL = '';

/** @param last the newest sequence number of all. @throws KinesisError for a request that AWS refuses */
export function iteratorFor(stream: Stream, shard: Shard, request: IteratorRequest, last = ''): string {
  const position = [stream.name, shard.id, Date.now(), startOf(shard, request, last)];
  return Buffer.from(JSON.stringify(position)).toString('base64');
}

function startOf({ records }: Shard, request: IteratorRequest, last: string): string {
  const { ShardIteratorType: type, StartingSequenceNumber: start, Timestamp } = request;
  switch (type) {
    case 'TRIM_HORIZON':
      return BEFORE_ALL;
    case 'LATEST':
      return last;
    case 'AFTER_SEQUENCE_NUMBER':
    case 'AT_SEQUENCE_NUMBER':
      if (typeof start !== 'string')
        throw new KinesisError('InvalidArgumentException', `${type} needs a StartingSequenceNumber.`);
      return type === 'AFTER_SEQUENCE_NUMBER' ? start : before(start);
    case 'AT_TIMESTAMP': {
      if (typeof Timestamp !== 'number')
        throw new KinesisError('InvalidArgumentException', 'AT_TIMESTAMP needs a Timestamp.');
      const first = records.findIndex(({ at }) => at >= Timestamp * 1000);
      if (first === 0) return BEFORE_ALL;
      return first < 0 ? last : records[first - 1]!.sequenceNumber;
    }
    default:
      throw invalid('shardIteratorType', type, 'satisfy enum value set');
  }
}

/** Sequence numbers sort as text: this one is above all smaller ones. */
function before(sequenceNumber: string): string {
  return `${sequenceNumber.slice(0, -1)}${String.fromCharCode(sequenceNumber.charCodeAt(sequenceNumber.length - 1) - 1)}~`;
}

/** @throws KinesisError for an iterator that is invalid or too old */
export function positionOf(iterator: unknown): Position {
  const [stream, shard, createdAt, after] = decode(String(iterator));
  if (stream === undefined || shard === undefined || after === undefined)
    throw new KinesisError('InvalidArgumentException', 'Invalid ShardIterator.');
  if (Date.now() - Number(createdAt) > LIFETIME_MS)
    throw new KinesisError('ExpiredIteratorException', 'Iterator expired: it is older than five minutes.');
  return { stream, shard, after };
}

function decode(iterator: string): (string | undefined)[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(iterator, 'base64').toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
