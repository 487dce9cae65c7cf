/** An upstream that keeps what it was sent and answers as Kinesis does. */

import { type Served, serve } from './serve';

export interface CapturedRequest {
  method: string;
  url: string;
  /** Names in lower case. */
  headers: Record<string, string | undefined>;
  body: Buffer;
}

/** A PutRecord call, its data decoded. */
export interface CapturedRecord {
  stream: string;
  partitionKey: string;
  data: string;
}

export interface CapturingKinesis extends Served {
  host: string;
  requests: CapturedRequest[];
  /** Answers the following requests so; by default a PutRecord that succeeds. */
  answerWith(status: number, body: string, headers?: Record<string, string>): void;
}

export async function startCapturingKinesis(): Promise<CapturingKinesis> {
  const requests: CapturedRequest[] = [];
  let answer: { status: number; body: string; headers?: Record<string, string> } | undefined;
  const served = await serve((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      requests.push({
        method: incoming.method!,
        url: incoming.url!,
        headers: incoming.headers as CapturedRequest['headers'],
        body: Buffer.concat(chunks),
      });
      outgoing.writeHead(answer?.status ?? 200, {
        'content-type': 'application/x-amz-json-1.1',
        ...answer?.headers,
      });
      outgoing.end(
        answer?.body ?? `{"SequenceNumber":"${requests.length}","ShardId":"shardId-000000000000"}`,
      );
    });
  });
  return {
    ...served,
    host: new URL(served.url).host,
    requests,
    answerWith(status, body, headers = {}) {
      answer = { status, body, headers };
    },
  };
}

/** The event that is in it. */
export function eventOf(request: CapturedRequest): Record<string, unknown> {
  return JSON.parse(recordOf(request).data) as Record<string, unknown>;
}

export function recordOf(request: CapturedRequest): CapturedRecord {
  const { StreamName, PartitionKey, Data } = JSON.parse(request.body.toString());
  return { stream: StreamName, partitionKey: PartitionKey, data: Buffer.from(Data, 'base64').toString() };
}
