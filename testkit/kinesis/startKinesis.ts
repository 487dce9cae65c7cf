/**
 * A Kinesis in memory for laptops, tests and load: stores records and returns them, with AWS's limits and errors;
 * verifies signatures; fails as scripted.
 */

import { TEST_CREDENTIALS } from '../keys';
import { answerCall } from './answerCall';
import { type KinesisCall, readCall } from './call';
import type { Fault } from './fault';
import { KinesisError } from './KinesisError';
import { type Request, type Response, startListener } from './listener';
import { createOperations } from './operations';
import { createSignatureChecks, type SignatureStats } from './signatureChecks';
import { createStreams, firstAfter, type StoredRecord, type StreamSettings } from './streams';
import { accessKeyIdOf, type SigningCredentials } from './verifySignature';

export interface KinesisOptions {
  /** The address it listens on. Default: 127.0.0.1. */
  listen?: string;
  /** 0, the default, takes a free one. */
  port?: number;
  region?: string;
  /** Default: whichever are named, with one shard each. */
  streams?: readonly ({ name: string; shards: number } & Partial<StreamSettings>)[];
  /**
   * What calls must be signed with. A function finds the credentials for an access key id; calls with an unknown or expired
   * one are refused. `null` checks no signatures. Default: TEST_CREDENTIALS.
   */
  credentials?: SigningCredentials | KeyLookup | null;
  /** Signatures to verify per second; any further ones are only checked for form. Default: all. */
  verifiedPerSecond?: number;
  /** Calls to keep for a test to inspect; beyond that the oldest are dropped. Default: 50,000. */
  keptCalls?: number;
  /** Bytes of records to keep; beyond that the oldest are dropped. Default: 256 MiB. */
  maxBytes?: number;
  /** A stream whose records are acknowledged unread and not kept. Default: none. */
  unreadStream?: string;
}

export type KeyLookup = (accessKeyId: string) => (SigningCredentials & { expires?: number }) | undefined;

export interface KinesisStats extends SignatureStats {
  calls: number;
  /** Requests that are not calls, or break a limit. */
  malformed: number;
  /** Stored records; one stored twice counts twice. */
  records: number;
}

export interface Kinesis {
  readonly url: string;
  /** Host and port. */
  readonly host: string;
  readonly port: number;
  /** All calls except those in `described`, whatever their outcome, oldest first. */
  readonly calls: readonly KinesisCall[];
  /** The calls of DescribeStreamSummary: no script numbers them or makes them fail. */
  readonly described: readonly KinesisCall[];
  /** All records, in the order they were stored. */
  readonly stored: readonly StoredRecord[];
  /** The record for an answer to PutRecord, or for one of the results of PutRecords. */
  record(result: unknown): StoredRecord | undefined;
  stats(): KinesisStats;
  /** Why signatures were invalid, over all calls so far; empty if all were right. */
  signatureFaults(): Promise<readonly string[]>;
  /** Chooses the fault of each call by its number, from 0; undefined is success. */
  script(fault: (call: KinesisCall, number: number) => Fault | undefined): void;
  /** Gives the following calls this answer, and stores nothing. */
  answerWith(status: number, body: string, headers?: Record<string, string>): void;
  /** How far its clock is ahead of this machine's; calls signed for another time are refused, as in AWS. */
  setClock(aheadMs: number): void;
  /** Access key ids that are refused as expired from now on. */
  expire(...accessKeyIds: string[]): void;
  /** Whether it accepts connections; if not, existing ones break. */
  setListening(listens: boolean): Promise<void>;
  /** Forgets calls and records. */
  forget(): void;
  close(): Promise<void>;
}

/** The answer to a call for a stream that is not read; undefined for all other calls. */
function unreadAnswer(body: Buffer, stream: string | undefined): string | undefined {
  if (stream === undefined || !body.subarray(0, 200).includes(`"StreamName":"${stream}"`)) return undefined;
  let records = 0;
  for (let at = body.indexOf('"Data":"'); at >= 0; at = body.indexOf('"Data":"', at + 1)) records++;
  const stored = { SequenceNumber: '1', ShardId: 'shardId-000000000000' };
  if (body.subarray(0, 200).includes('"Records":['))
    return JSON.stringify({ FailedRecordCount: 0, Records: Array(records).fill(stored) });
  return JSON.stringify(stored);
}

/** AWS accepts signatures whose time is off by no more than this. */
const MAX_SKEW_MS = 5 * 60_000;

/** @throws the listening socket's error, such as EADDRINUSE */
export async function startKinesis(options: KinesisOptions = {}): Promise<Kinesis> {
  const { region = 'us-east-1', credentials = TEST_CREDENTIALS, keptCalls = 50_000 } = options;
  const streams = createStreams({
    region,
    createOnUse: options.streams === undefined,
    maxBytes: options.maxBytes ?? 256 * 1024 * 1024,
  });
  for (const { name, shards, ...settings } of options.streams ?? []) streams.create(name, shards, settings);
  const operations = createOperations(streams);
  const lookup = typeof credentials === 'function' ? credentials : undefined;
  const checks = createSignatureChecks({
    region,
    credentials: lookup ?? (() => credentials as SigningCredentials | null),
    verifiedPerSecond: options.verifiedPerSecond ?? Number.POSITIVE_INFINITY,
  });
  const calls: KinesisCall[] = [];
  const described: KinesisCall[] = [];
  const expired = new Set<string>();
  let count = 0;
  let number = 0;
  let malformed = 0;
  let clockAheadMs = 0;
  let choose: (call: KinesisCall, number: number) => Fault | undefined = () => undefined;

  /** Why the call is refused before anything is checked. */
  function refusal({ headers }: KinesisCall): KinesisError | undefined {
    if (credentials === null) return undefined;
    const now = Date.now() + clockAheadMs;
    const id = accessKeyIdOf(headers.authorization) ?? '';
    const keys = lookup?.(id);
    if (lookup !== undefined && keys === undefined)
      return new KinesisError('UnrecognizedClientException', 'The security token is invalid.');
    if (expired.has(id) || (keys?.expires ?? Number.POSITIVE_INFINITY) < now)
      return new KinesisError('ExpiredTokenException', 'The security token is expired');
    const date = (headers['x-amz-date'] ?? '').replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5');
    if (!(Math.abs(Date.parse(date) - now) <= MAX_SKEW_MS))
      return new KinesisError('InvalidSignatureException', 'Signature expired');
    return undefined;
  }

  function perform({ operation, input }: KinesisCall): string {
    const run = operations[operation];
    try {
      if (run === undefined) throw new KinesisError('UnknownOperationException', '');
      if (input === undefined) throw new KinesisError('SerializationException', '');
      return JSON.stringify(run(input));
    } catch (error) {
      malformed++;
      throw error;
    }
  }

  async function answer(request: Request, response: Response): Promise<void> {
    const unread = unreadAnswer(request.body, options.unreadStream);
    if (unread !== undefined) return void response.end(unread);
    const call = readCall(request);
    const describes = call.operation === 'DescribeStreamSummary';
    if (describes) described.push(call);
    else {
      count++;
      calls.push(call);
    }
    if (keptCalls === 0) calls.length = described.length = 0;
    else if (calls.length > keptCalls) calls.splice(0, Math.ceil(keptCalls / 10));
    checks.check(request);
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.setHeader('date', new Date(Date.now() + clockAheadMs).toUTCString());
    try {
      const refused = refusal(call);
      if (refused !== undefined) throw refused;
      await answerCall(call, response, describes ? undefined : choose(call, number++), perform);
    } catch (error) {
      const told =
        error instanceof KinesisError ? error : new KinesisError('InternalFailure', String(error), 500);
      response.writeHead(told.status);
      response.end(told.body);
    }
  }

  const listener = await startListener(options.listen ?? '127.0.0.1', options.port ?? 0, answer);
  const host = `127.0.0.1:${listener.port}`;
  return {
    url: `http://${host}`,
    host,
    port: listener.port,
    calls,
    described,
    stored: streams.records,
    record: (result) => {
      const { SequenceNumber = '' } = result as { SequenceNumber?: string };
      const found = streams.records[firstAfter(streams.records, SequenceNumber) - 1];
      return found?.sequenceNumber === SequenceNumber ? found : undefined;
    },
    stats: () => ({ calls: count, malformed, records: streams.storedSoFar(), ...checks.stats() }),
    signatureFaults: checks.faults,
    script(fault) {
      choose = fault;
    },
    answerWith(status, body, headers = {}) {
      choose = () => ({ status, body, headers });
    },
    setClock(aheadMs) {
      clockAheadMs = aheadMs;
    },
    expire(...accessKeyIds) {
      for (const id of accessKeyIds) expired.add(id);
    },
    setListening: listener.setListening,
    forget() {
      calls.length = described.length = 0;
      number = 0;
      streams.clear();
    },
    close: listener.close,
  };
}
