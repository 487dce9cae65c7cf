/**
 * Asks Kinesis what a stream is like.
 *
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html
 */

import type { StaticCredentials } from '../config/credentialsConfig';
import type { Endpoint } from '../config/endpoint';
import { DEFAULT_MAX_EVENT_BYTES } from '../config/schema';
import { streamMember } from '../kinesis/encodeRecords';
import { classifyKinesisError, type KinesisFailure } from '../kinesis/kinesisError';
import { requestSigner } from '../kinesis/signRequest';
import { connectionsTo } from './connections';

export interface StreamSummary {
  /** Whether Kinesis itself chooses the shards, and ignores partition key and hash key. */
  ignoresKeys: boolean;
  /** The stream's own limit, for data and partition key. */
  maxRecordBytes: number;
}

export interface DescribeOptions {
  endpoint: Endpoint;
  region: string;
  credentials: StaticCredentials;
  timeoutMs: number;
}

/** @param stream its name or ARN @throws Error of the connection, or of an answer that is not Kinesis's */
export async function describeStream(
  stream: string,
  { endpoint, region, credentials, timeoutMs }: DescribeOptions,
): Promise<StreamSummary | KinesisFailure> {
  const body = Buffer.from(`{${streamMember(stream)}}`);
  const headers = requestSigner(endpoint, region)('DescribeStreamSummary', body, credentials, new Date());
  const connections = connectionsTo(endpoint, 1, timeoutMs);
  try {
    const answer = await connections.post(stream, headers, body, AbortSignal.timeout(timeoutMs));
    if (answer.status === 200) return summaryOf(answer.body);
    return classifyKinesisError(answer.status, answer.body, answer.headers);
  } finally {
    await connections.close();
  }
}

function summaryOf(answer: string): StreamSummary {
  const { StreamDescriptionSummary: summary } = JSON.parse(answer) as {
    StreamDescriptionSummary?: { RecordDistributionStrategy?: unknown; MaxRecordSizeInKiB?: unknown };
  };
  if (summary === undefined) throw new Error('an answer without a summary');
  const { RecordDistributionStrategy: strategy, MaxRecordSizeInKiB: kib } = summary;
  return {
    ignoresKeys: strategy === 'AUTO',
    maxRecordBytes: typeof kib === 'number' ? kib * 1024 : DEFAULT_MAX_EVENT_BYTES,
  };
}
