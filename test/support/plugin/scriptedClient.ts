/** A client of Kinesis for tests of what lies above it: keeps its calls and answers each as a test says. */

import type { KinesisRecord } from '../../../plugins/kinesis-ingest/events/KinesisRecord';
import type { CallResult, KinesisClient } from '../../../plugins/kinesis-ingest/send/kinesisClient';

export interface ClientCall {
  stream: string;
  /** Copies: a record changes when it is sent again. */
  records: readonly KinesisRecord[];
}

export type ClientAnswer = readonly CallResult[] | Promise<readonly CallResult[]>;

export interface ScriptedClient extends KinesisClient {
  readonly calls: readonly ClientCall[];
  /** Of records that were stored, in their order. */
  readonly stored: readonly string[];
  /** A result that says that the record is stored, from now on. */
  store(record: KinesisRecord): CallResult;
}

export function scriptedClient(
  answer: (this: ScriptedClient, call: ClientCall, number: number) => ClientAnswer = function (call) {
    return call.records.map((record) => this.store(record));
  },
): ScriptedClient {
  const calls: ClientCall[] = [];
  const stored: string[] = [];
  const client: ScriptedClient = {
    calls,
    stored,
    store(record) {
      stored.push(record.data.toString());
      return { SequenceNumber: String(stored.length), ShardId: 'shardId-000000000000' };
    },
    async putRecords(stream, records) {
      const call = { stream, records: records.map((record) => ({ ...record })) };
      calls.push(call);
      return answer.call(client, call, calls.length - 1);
    },
    close: async () => undefined,
  };
  return client;
}

export const THROTTLED: CallResult = { kind: 'throttled', code: 'ProvisionedThroughputExceededException' };
export const UNAVAILABLE: CallResult = { kind: 'unavailable', code: 'InternalFailure' };
export const INVALID: CallResult = { kind: 'invalid', code: 'ValidationException' };
export const REJECTED: CallResult = { kind: 'rejected', code: 'AccessDeniedException' };

/** Texts of a call's records. */
export function textsOf({ records }: ClientCall): string[] {
  return records.map(({ data }) => data.toString());
}
