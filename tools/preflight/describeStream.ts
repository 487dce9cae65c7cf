/** Asks Kinesis what kind of stream a stream is, signed with the credentials of the AWS SDK's chain. */

import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { endpointOf } from '../../plugins/kinesis-ingest/config/endpoint';
import { classifyKinesisError } from '../../plugins/kinesis-ingest/kinesis/kinesisError';
import { requestSigner } from '../../plugins/kinesis-ingest/kinesis/signRequest';
import {
  encodeDescribeStreamSummary,
  streamSummaryOf,
} from '../../plugins/kinesis-ingest/kinesis/streamSummary';
import { connectionsTo } from '../../plugins/kinesis-ingest/send/connections';
import type { StreamProbe } from './Host';

/** @param url Kinesis's @param stream its name or ARN @returns what came of it, whatever that is */
export async function describeStream(
  url: string,
  region: string,
  stream: string,
  timeoutMs: number,
): Promise<StreamProbe> {
  const endpoint = endpointOf(region, url);
  const connections = connectionsTo(endpoint, 1, timeoutMs);
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const credentials = await fromNodeProviderChain({ clientConfig: { region } })();
    const body = encodeDescribeStreamSummary(stream);
    const headers = requestSigner(endpoint, region)('DescribeStreamSummary', body, credentials, new Date());
    const answer = await connections.post(stream, headers, body, signal);
    if (answer.status !== 200)
      return {
        described: false,
        code: classifyKinesisError(answer.status, answer.body, answer.headers).code,
      };
    const summary = streamSummaryOf(answer.body);
    return summary === undefined
      ? { described: false, code: 'no answer of Kinesis’s' }
      : { described: true, ...summary };
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    return { described: false, code: code ?? name };
  } finally {
    await connections.close();
  }
}
