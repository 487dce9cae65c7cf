/** A stand-in for Kinesis that keeps what it stores and fails as a test's script says. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { TEST_CREDENTIALS } from './gateway';
import { type Served, serve } from './serve';
import { type SigningCredentials, signatureFault } from './verifySignature';

export interface SentRecord {
  PartitionKey: string;
  ExplicitHashKey?: string;
  Data: string;
}

export interface SentCall {
  operation: string;
  stream: string;
  records: SentRecord[];
  headers: Record<string, string | undefined>;
  bodyBytes: number;
  /** Milliseconds since 1970. */
  at: number;
}

/** What one call is answered with, in the place of success. */
export type Fault =
  /** Records for which it holds fail with the code, the others are stored. */
  | { failing: (record: SentRecord, index: number) => boolean; errorCode: string; errorMessage?: string }
  /** The whole call fails. */
  | { status: number; type: string; message?: string; headers?: Record<string, string> }
  /** The answer comes after so many milliseconds. */
  | { delayMs: number }
  /** The connection is cut: before anything is stored, or in the middle of the answer to what was stored. */
  | { cut: 'before' | 'midway' }
  /** An answer as it is. */
  | { body: string };

export interface StoredEvent {
  stream: string;
  partitionKey: string;
  data: string;
}

export interface ScriptedKinesis extends Served {
  /** All calls, whatever became of them. */
  calls: SentCall[];
  stored: StoredEvent[];
  /** Why signatures were no good, of all calls so far; empty where all were right. */
  signatureFaults(): Promise<string[]>;
  /** By how much its clock is ahead of this machine's; calls that are signed otherwise are refused as AWS does. */
  setClock(aheadMs: number): void;
  /** Access key ids that are refused as expired from now on. */
  expire(...accessKeyIds: string[]): void;
  /** Chooses the fault of each call by its number, from 0; undefined is success. */
  script(fault: (call: SentCall, number: number) => Fault | undefined): void;
}

/** AWS takes signatures that are off by no more than this. */
const SIGNATURE_MS = 5 * 60_000;

const ERROR_MESSAGE = 'Rate exceeded for shard shardId-000000000000 in stream s under account 123456789012.';

export async function startScriptedKinesis(
  credentials: SigningCredentials = TEST_CREDENTIALS,
): Promise<ScriptedKinesis> {
  const calls: SentCall[] = [];
  const stored: StoredEvent[] = [];
  const checks: Promise<string | undefined>[] = [];
  const expired = new Set<string>();
  let clockAheadMs = 0;
  let choose: (call: SentCall, number: number) => Fault | undefined = () => undefined;

  /** Why the call is refused before anything is looked at. */
  function refusal({ headers }: SentCall): Fault | undefined {
    if (expired.has(/Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1] ?? ''))
      return { status: 400, type: 'ExpiredTokenException', message: 'The security token is expired' };
    const signedAt = Date.parse(
      headers['x-amz-date']!.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'),
    );
    if (Math.abs(signedAt - Date.now() - clockAheadMs) <= SIGNATURE_MS) return undefined;
    return { status: 400, type: 'InvalidSignatureException', message: 'Signature expired' };
  }

  function store(call: SentCall, record: SentRecord) {
    stored.push({
      stream: call.stream,
      partitionKey: record.PartitionKey,
      data: Buffer.from(record.Data, 'base64').toString(),
    });
    return { SequenceNumber: String(stored.length), ShardId: 'shardId-000000000000' };
  }

  function success(
    call: SentCall,
    failing: (record: SentRecord, index: number) => object | undefined,
  ): string {
    const results = call.records.map((record, i) => failing(record, i) ?? store(call, record));
    if (call.operation === 'PutRecord') return JSON.stringify(results[0]);
    const FailedRecordCount = results.filter((result) => 'ErrorCode' in result).length;
    return JSON.stringify({ FailedRecordCount, Records: results });
  }

  async function answer(call: SentCall, fault: Fault, response: ServerResponse): Promise<void> {
    if ('cut' in fault) {
      if (fault.cut === 'before') return void response.destroy();
      const body = success(call, () => undefined);
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.slice(0, body.length / 2), () => response.destroy());
    } else if ('status' in fault) {
      response.writeHead(fault.status, fault.headers);
      response.end(JSON.stringify({ __type: fault.type, message: fault.message ?? ERROR_MESSAGE }));
    } else if ('body' in fault) response.end(fault.body);
    else if ('delayMs' in fault) {
      await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
      response.end(success(call, () => undefined));
    } else {
      const { errorCode: ErrorCode, errorMessage: ErrorMessage = ERROR_MESSAGE } = fault;
      response.end(
        success(call, (record, i) => (fault.failing(record, i) ? { ErrorCode, ErrorMessage } : undefined)),
      );
    }
  }

  const served = await serve((request, response) => {
    void readCall(request).then(async ({ call, body }) => {
      checks.push(
        signatureFault(
          { method: request.method!, url: request.url!, headers: call.headers, body },
          credentials,
        ),
      );
      calls.push(call);
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.setHeader('date', new Date(Date.now() + clockAheadMs).toUTCString());
      const fault = refusal(call) ?? choose(call, calls.length - 1);
      await answer(call, fault ?? { failing: () => false, errorCode: '' }, response);
    });
  });

  return {
    ...served,
    calls,
    stored,
    signatureFaults: async () => (await Promise.all(checks)).filter((fault) => fault !== undefined),
    setClock(aheadMs) {
      clockAheadMs = aheadMs;
    },
    expire(...accessKeyIds) {
      for (const id of accessKeyIds) expired.add(id);
    },
    script(fault) {
      choose = fault;
    },
  };
}

async function readCall(request: IncomingMessage): Promise<{ call: SentCall; body: Buffer }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const operation = String(request.headers['x-amz-target']).split('.').at(-1)!;
  const { StreamName, Records, ...record } = JSON.parse(body.toString()) as {
    StreamName: string;
    Records?: SentRecord[];
  } & SentRecord;
  const call = {
    operation,
    stream: StreamName,
    records: Records ?? [record],
    headers: request.headers as SentCall['headers'],
    bodyBytes: body.length,
    at: Date.now(),
  };
  return { call, body };
}
