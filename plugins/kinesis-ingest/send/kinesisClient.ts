/** Calls PutRecords. Each attempt is signed separately; after a refusal, with fresh credentials or AWS's time. */

import { type Clock, systemClock } from '../clock';
import type { StaticCredentials } from '../config/credentialsConfig';
import type { Endpoint } from '../config/endpoint';
import { streamName } from '../config/stream';
import { type KinesisRecord, recordBytes } from '../events/KinesisRecord';
import type { CredentialsSource } from '../kinesis/credentials/refreshedCredentials';
import { encodePutRecords } from '../kinesis/encodeRecords';
import type { FailureLog } from '../kinesis/failureLog';
import { classifyKinesisError, type KinesisFailure, kindOfError } from '../kinesis/kinesisError';
import { isUnstored, resultsOf, type Stored } from '../kinesis/recordResults';
import { scrubMessage } from '../kinesis/scrubMessage';
import { requestSigner } from '../kinesis/signRequest';
import { kinesisSeconds } from '../metrics';
import { turnFor } from '../turns';
import type { Connections, HttpAnswer } from './connections';

export type CallResult = Stored | KinesisFailure;

export interface KinesisClient {
  /**
   * @param isWaitedFor whether anybody still waits for the records; if credentials arrive too late, nothing is sent
   * @returns one result per record, in their order; never rejects
   */
  putRecords(
    stream: string,
    records: readonly KinesisRecord[],
    isWaitedFor?: () => boolean,
  ): Promise<readonly CallResult[]>;
  close(): Promise<void>;
}

/** Nobody sees it: whoever waited has had an answer. */
const TOO_LATE: KinesisFailure = { kind: 'unavailable', code: 'too late' };

export interface KinesisClientOptions {
  endpoint: Endpoint;
  region: string;
  credentials: CredentialsSource;
  /** How long one attempt may take, in milliseconds. */
  timeoutMs: number;
  connections: Connections;
  failures: FailureLog;
  clock?: Clock;
}

/** AWS tolerates five minutes, so a difference below this is not the reason for a refused signature. */
const SKEW_THAT_MATTERS_MS = 60_000;

export function kinesisClient(options: KinesisClientOptions): KinesisClient {
  const { credentials, timeoutMs, connections, failures, clock = systemClock } = options;
  const signRequest = requestSigner(options.endpoint, options.region);
  /** How far AWS's clock is ahead of ours, in milliseconds. */
  let skewMs = 0;

  const correctedTime = () => new Date(clock.now() + skewMs);

  async function post(
    stream: string,
    body: Buffer,
    keys: StaticCredentials,
    signedAt: Date,
  ): Promise<HttpAnswer> {
    const aborter = new AbortController();
    const late = () => aborter.abort(new Error(`no answer in ${timeoutMs} ms`));
    const timer = clock.setTimeout(late, timeoutMs);
    const stopwatch = kinesisSeconds.startTimer();
    try {
      const headers = signRequest('PutRecords', body, keys, signedAt);
      return await connections.post(stream, headers, body, aborter.signal);
    } finally {
      stopwatch();
      clock.clearTimeout(timer);
    }
  }

  /** Whether the time in AWS's answer explains the refused signature. If so, AWS's clock is followed from then on. */
  function followClock({ headers }: HttpAnswer, signedAt: Date): boolean {
    const theirs = Date.parse(String(headers.date));
    if (!isSkew(theirs - signedAt.getTime())) return false;
    const difference = theirs - correctedTime().getTime();
    // Calls that were under way together are all refused, and the first of them has already set the clock.
    if (!isSkew(difference)) return true;
    skewMs += difference;
    failures.error(
      'skew',
      { skewSeconds: Math.round(skewMs / 1000) },
      'this machine’s clock is off, AWS’s is used',
    );
    return true;
  }

  async function call(
    stream: string,
    body: Buffer,
    isWaitedFor: () => boolean,
  ): Promise<HttpAnswer | KinesisFailure> {
    for (let attempt = 1; ; attempt++) {
      const keys = await credentials.get();
      if (!isWaitedFor()) return TOO_LATE;
      const signedAt = correctedTime();
      const answer = await post(stream, body, keys, signedAt);
      if (answer.status === 200) {
        credentials.accepted(keys);
        return answer;
      }
      const failure = classifyKinesisError(answer.status, answer.body, answer.headers);
      const again = attempt === 1 && recovers(failure, answer, keys, signedAt);
      if (!again) return failure;
    }
  }

  function recovers(
    { kind }: KinesisFailure,
    answer: HttpAnswer,
    keys: StaticCredentials,
    signedAt: Date,
  ): boolean {
    // If the clock is right, the signature is wrong because the secret key is.
    if (kind === 'skewed') return followClock(answer, signedAt) || credentials.renew(keys);
    return kind === 'expired' && credentials.renew(keys);
  }

  return {
    async putRecords(stream, records, isWaitedFor = () => true) {
      try {
        await turnFor(records.reduce((bytes, record) => bytes + recordBytes(record), 0));
        const answer = await call(stream, encodePutRecords(stream, records), isWaitedFor);
        if (answer === TOO_LATE) return records.map(() => TOO_LATE);
        if ('status' in answer) {
          const results = callResultsOf(answer, records.length);
          reportRecords(results, streamName(stream));
          return results;
        }
        report(answer, streamName(stream));
        const { kind, code } = answer;
        return records.map(() => ({ kind, code }));
      } catch (error) {
        const failure = failureOf(error);
        report(failure, streamName(stream));
        return records.map(() => failure);
      }
    },
    close: () => connections.close(),
  };

  /** Logs why individual records of a successful call were not stored, each cause once. */
  function reportRecords(results: readonly CallResult[], stream: string): void {
    const reported = new Set<string>();
    for (const result of results) {
      if (!('kind' in result) || reported.has(result.code)) continue;
      const { kind, code } = result;
      reported.add(code);
      failures.error(
        `record ${kind} ${code} ${stream}`,
        { stream, kind, code },
        'Kinesis has not taken a record',
      );
    }
  }

  function report({ kind, code, message }: KinesisFailure, stream: string): void {
    const fields = { stream, kind, code, ...(message !== undefined && { kinesis: message }) };
    failures.error(`${kind} ${code} ${stream}`, fields, 'a call to Kinesis failed');
  }
}

function isSkew(differenceMs: number): boolean {
  return Math.abs(differenceMs) > SKEW_THAT_MATTERS_MS;
}

/** For connection errors, credential errors and unreadable answers, which the parser quotes in its message. */
function failureOf(error: unknown): KinesisFailure {
  const { code, name, message } = error as NodeJS.ErrnoException;
  if (code === 'credentials_unavailable') return { kind: 'unavailable', code };
  return { kind: 'unavailable', code: code ?? scrubMessage(`${name}: ${message}`) };
}

/** @throws Error if the answer is not about these records */
function callResultsOf({ body }: HttpAnswer, count: number): CallResult[] {
  const results = resultsOf(JSON.parse(body));
  if (results?.length !== count) throw new Error('an answer to other records');
  return results.map((result) => {
    if (!isUnstored(result)) return result;
    if (result.code === undefined) return { kind: 'unavailable', code: 'no result' };
    const code = scrubMessage(result.code);
    return { kind: kindOfError(code), code };
  });
}
