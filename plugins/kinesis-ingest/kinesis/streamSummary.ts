/**
 * What Kinesis says of a stream as a whole, and where that is not what the configuration goes by.
 *
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html
 */

import { DEFAULT_MAX_EVENT_BYTES } from '../config/schema';
import { streamMember } from './encodeRecords';

export interface StreamSummary {
  /** Whether Kinesis itself chooses the shards, and ignores partition key and hash key. */
  ignoresKeys: boolean;
  /** The stream's own limit, data and partition key. */
  maxRecordBytes: number;
}

export function encodeDescribeStreamSummary(stream: string): Buffer {
  return Buffer.from(`{${streamMember(stream)}}`);
}

/** @returns undefined if it is no answer to DescribeStreamSummary */
export function streamSummaryOf(answer: string): StreamSummary | undefined {
  const { StreamDescriptionSummary: summary } = JSON.parse(answer) as {
    StreamDescriptionSummary?: { RecordDistributionStrategy?: unknown; MaxRecordSizeInKiB?: unknown };
  };
  if (summary === undefined) return undefined;
  const { RecordDistributionStrategy: strategy, MaxRecordSizeInKiB: kib } = summary;
  return {
    ignoresKeys: strategy === 'AUTO',
    maxRecordBytes: typeof kib === 'number' ? kib * 1024 : DEFAULT_MAX_EVENT_BYTES,
  };
}
