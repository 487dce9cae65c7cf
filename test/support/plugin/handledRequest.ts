/** What the plugin does with one request: the answer that it gives itself, or what it has Kong send. */

import type { KinesisIngest } from '../../../plugins/kinesis-ingest/KinesisIngest';
import type { Consumer, Headers, Kong } from '../../../pluginserver/pdk';
import type { SentRecord } from '../../../testkit/kinesis/checkRecords';
import { CLIENT_IP } from './examples';

export interface PostedRequest {
  body: string | Buffer;
  headers?: Headers;
  ip?: string;
  /** Kong's authenticated consumer. */
  consumer?: Partial<Consumer>;
}

export interface Handled {
  /** Where the plugin answers itself. */
  exit?: { status: number; json: Record<string, unknown>; headers: Record<string, string> };
  /** Where Kong sends it on. */
  sent?: { target: string; stream: string; records: SentRecord[] };
  /** Headers of the client's that were taken out of the request by themselves. */
  cleared: string[];
  /** Headers for the client beside those of an exit. */
  responseHeaders: Headers;
}

/** @returns when the plugin is done with it */
export async function handled(
  plugin: KinesisIngest,
  { body, headers = {}, ip = CLIENT_IP, consumer }: PostedRequest,
): Promise<Handled> {
  const result: Handled = { cleared: [], responseHeaders: {} };
  const done = async () => undefined;
  let target = '';
  const kong = {
    client: { getForwardedIp: async () => ip, getConsumer: async () => consumer },
    nginx: {
      getVar: async (name: string) => (name === 'request' ? 'POST /events HTTP/1.1' : 'f0e1d2c3'),
    },
    request: { getHeaders: async () => headers, getRawBody: async () => Buffer.from(body) },
    service: {
      setTarget: done,
      request: {
        setScheme: done,
        setPath: done,
        clearHeader: async (name: string) => void result.cleared.push(name),
        async setHeaders(signed: Headers) {
          target = String(signed['x-amz-target']);
        },
        async setRawBody(call: Buffer) {
          const { StreamName, Records, ...record } = JSON.parse(String(call)) as {
            StreamName: string;
            Records?: SentRecord[];
          } & SentRecord;
          result.sent = { target, stream: StreamName, records: Records ?? [record] };
        },
      },
    },
    response: {
      async setHeaders(answerHeaders: Headers) {
        Object.assign(result.responseHeaders, answerHeaders);
      },
      async exit(status: number, text: string, exitHeaders: Record<string, string>) {
        if (result.exit !== undefined) throw new Error('answered twice');
        result.exit = { status, json: JSON.parse(text) as Record<string, unknown>, headers: exitHeaders };
      },
    },
  };
  await plugin.access(kong as unknown as Kong);
  return result;
}

/** The event in a record of Kinesis's. */
export function eventOf({ Data }: SentRecord): Record<string, unknown> {
  return JSON.parse(Buffer.from(Data, 'base64').toString()) as Record<string, unknown>;
}
