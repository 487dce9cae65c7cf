/** A model of Kinesis, and of whoever hands out credentials, in virtual time. */

import type { ExpiringCredentials } from '../../../plugins/kinesis-ingest/kinesis/credentials/refreshedCredentials';
import type { Connections, HttpAnswer } from '../../../plugins/kinesis-ingest/send/connections';
import type { SentRecord } from '../../../testkit/kinesis/checkRecords';
import { KinesisError } from '../../../testkit/kinesis/KinesisError';
import { createOperations } from '../../../testkit/kinesis/operations';
import { createStreams } from '../../../testkit/kinesis/streams';
import { accessKeyIdOf } from '../../../testkit/kinesis/verifySignature';
import type { CallFate, Plan } from './plan';
import type { VirtualClock } from './virtualClock';

/** A record that the model has stored. */
export interface StoredEvent {
  id: string;
  stream: string;
  shard: string;
}

export interface ModelCall {
  stream: string;
  at: number;
  records: { id: string; bytes: number; hashKey: string | undefined }[];
}

export interface ModelAws {
  connections: Connections;
  fetchCredentials(): Promise<ExpiringCredentials>;
  readonly calls: readonly ModelCall[];
  /** By sequence number. */
  readonly stored: ReadonlyMap<string, StoredEvent>;
  /** The most calls to one stream that were under way at once. */
  readonly mostUnderWay: number;
}

interface IssuedKeys {
  expiresAt: number;
  isRevoked: boolean;
}

const WELL: CallFate = { kind: 'well', thereMs: 1, backMs: 1 };
/** AWS refuses what was signed at a time that is so far from its own. */
const TOLERATED_SKEW_MS = 5 * 60_000;

/** The name of an event of the simulation, wherever it stands in a text. */
export function idIn(text: string): string {
  return /c\d+-r\d+-e\d+/.exec(text)![0];
}

export function modelAws(plan: Plan, clock: VirtualClock): ModelAws {
  const streams = createStreams({ region: 'us-east-1', createOnUse: true, maxBytes: 1e9 });
  const operations = createOperations(streams);
  const issued = new Map<string, IssuedKeys>();
  const calls: ModelCall[] = [];
  const stored = new Map<string, StoredEvent>();
  const underWay = new Map<string, number>();
  let mostUnderWay = 0;
  let fetches = 0;
  /** AWS's clock. */
  const awsNow = () => clock.now() + plan.skewMs;

  for (const ms of plan.revokedAtMs)
    clock.setTimeout(() => {
      for (const keys of issued.values()) keys.isRevoked = true;
    }, ms);

  function count(stream: string, change: number): void {
    const now = (underWay.get(stream) ?? 0) + change;
    underWay.set(stream, now);
    mostUnderWay = Math.max(mostUnderWay, now);
  }

  /** @throws KinesisError */
  function authenticate(headers: Record<string, string>): void {
    const keys = issued.get(accessKeyIdOf(headers.authorization) ?? '');
    if (keys === undefined) throw new KinesisError('UnrecognizedClientException', 'no such key');
    if (keys.isRevoked || awsNow() >= keys.expiresAt)
      throw new KinesisError('ExpiredTokenException', 'expired');
    const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(headers['x-amz-date']!)!;
    const [year, month, ...rest] = parts.map(Number);
    const signedAt = Date.UTC(year!, month! - 1, ...rest);
    if (Math.abs(awsNow() - signedAt) > TOLERATED_SKEW_MS)
      throw new KinesisError('InvalidSignatureException', 'Signature expired');
  }

  /** @returns the results of the records. @throws KinesisError where one of them is no good */
  function store(stream: string, records: readonly SentRecord[]): object[] {
    if (records.length === 0) return [];
    const texts = records.map(({ Data }) => Buffer.from(Data, 'base64').toString());
    if (stream !== 'bad' && texts.some((text) => text.includes('poison')))
      throw new KinesisError('InvalidArgumentException', 'a record is not valid');
    const { Records } = operations.PutRecords!({ StreamName: stream, Records: records }) as {
      Records: { SequenceNumber: string; ShardId: string }[];
    };
    Records.forEach(({ SequenceNumber, ShardId }, i) => {
      stored.set(SequenceNumber, { id: idIn(texts[i]!), stream, shard: ShardId });
    });
    return Records;
  }

  /** @returns the answer's body; undefined where none comes. @throws KinesisError; Error where the connection breaks */
  function perform(fate: CallFate, stream: string, records: readonly SentRecord[]): string | undefined {
    if (fate.kind === 'refused') throw new KinesisError(fate.type, 'refused', fate.status);
    const isTaken = records.map((_, i) => {
      if (fate.kind === 'half') return i % fate.every !== 0;
      return !('stores' in fate) || fate.stores;
    });
    const results = store(
      stream,
      records.filter((_, i) => isTaken[i]),
    ).reverse();
    if (fate.kind === 'hangs') return undefined;
    if (fate.kind === 'cut') throw Object.assign(new Error('cut'), { code: 'ECONNRESET' });
    if (fate.kind === 'nonsense') return fate.body;
    const ErrorCode = fate.kind === 'half' ? fate.code : undefined;
    const Records = isTaken.map((taken) =>
      taken ? results.pop() : { ErrorCode, ErrorMessage: 'not taken' },
    );
    return JSON.stringify({ FailedRecordCount: isTaken.filter((taken) => !taken).length, Records });
  }

  function answer(
    fate: CallFate,
    stream: string,
    headers: Record<string, string>,
    records: readonly SentRecord[],
  ): HttpAnswer | undefined {
    const date = new Date(awsNow()).toUTCString();
    try {
      authenticate(headers);
      const body = perform(fate, stream, records);
      return body === undefined ? undefined : { status: 200, headers: { date }, body };
    } catch (error) {
      if (!(error instanceof KinesisError)) throw error;
      return { status: error.status, headers: { date }, body: error.body };
    }
  }

  function post(
    stream: string,
    headers: Record<string, string>,
    body: Buffer,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const fate = plan.calls[calls.length] ?? WELL;
    const { Records } = JSON.parse(body.toString()) as { Records: SentRecord[] };
    const records = Records.map(({ PartitionKey, Data, ExplicitHashKey: hashKey }) => {
      const data = Buffer.from(Data, 'base64');
      return { id: idIn(data.toString()), bytes: data.length + PartitionKey.length, hashKey };
    });
    calls.push({ stream, at: clock.now(), records });
    count(stream, 1);
    const ended = new Promise<HttpAnswer>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      // What is on its way arrives, whether its sender still waits or not.
      clock.setTimeout(() => {
        let end: () => void;
        try {
          const answered = answer(fate, stream, headers, Records);
          if (answered === undefined) return;
          end = () => resolve(answered);
        } catch (error) {
          end = () => reject(error as Error);
        }
        clock.setTimeout(end, fate.backMs);
      }, fate.thereMs);
    });
    return ended.finally(() => count(stream, -1));
  }

  return {
    connections: { post, close: async () => undefined },
    async fetchCredentials() {
      const { kind, ms } = plan.fetches[fetches++] ?? { kind: 'well', ms: 1 };
      if (kind === 'hangs') return new Promise(() => undefined);
      await clock.sleep(ms);
      if (kind === 'fails') throw new Error('no credentials to be had');
      const accessKeyId = `AKID${fetches}`;
      const lifetimeMs = kind === 'expired' ? 0 : (plan.lifetimeMs ?? Number.POSITIVE_INFINITY);
      const expiresAt = awsNow() + lifetimeMs;
      issued.set(accessKeyId, { expiresAt, isRevoked: false });
      const expiration = Number.isFinite(expiresAt) ? { expiration: new Date(expiresAt) } : {};
      return { accessKeyId, secretAccessKey: 'secret', ...expiration };
    },
    calls,
    stored,
    get mostUnderWay() {
      return mostUnderWay;
    },
  };
}
