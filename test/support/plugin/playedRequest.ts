/** A request as the PDK calls that the plugin makes for it, in their order. */

import { expect } from 'vitest';
import { KinesisIngest, type Surroundings } from '../../../plugins/kinesis-ingest/KinesisIngest';
import type { Headers } from '../../../pluginserver/pdk';
import { capturedLog } from './capturedLog';
import {
  CLIENT_IP,
  credentialsOf,
  EXAMPLE_CREDENTIALS,
  EXAMPLE_TIME,
  NEW_ID,
  pluginConfig,
} from './examples';
import { call, type ScriptedKong, type Step, scriptedKong } from './scriptedKong';

export const HOST = 'kinesis.us-east-1.amazonaws.com';
export const DEFAULT_COOKIE = 'Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000; Secure';

export interface Request {
  line?: string;
  headers?: Headers;
  body?: string | Buffer;
}

/** The four calls that read a request. */
export function reads({ line = 'POST /events HTTP/1.1', headers = {}, body = '{}' }: Request = {}): Step[] {
  return [
    call('client.getForwardedIp').answers(CLIENT_IP),
    call('nginx.getVar', 'request').answers(line),
    call('request.getHeaders', 1000).answers(Object.assign(Object.create(null), headers)),
    call('request.getRawBody').answers(typeof body === 'string' ? Buffer.from(body) : body),
  ];
}

export const anything: unknown = expect.anything();

/** Headers of the signed call; the signature is looked at by itself. */
export const SIGNED = {
  host: HOST,
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-date': '20150830T123600Z',
  'x-amz-target': 'Kinesis_20131202.PutRecord',
  authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//) as unknown,
};

export function putRecord(partitionKey: string, event: object | string): Buffer {
  const data = Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)).toString('base64');
  return Buffer.from(JSON.stringify({ StreamName: 'clickstream', Data: data, PartitionKey: partitionKey }));
}

/** The calls that direct the request and send it. */
export const directed = [call('service.setTarget', HOST, 443), call('service.request.setScheme', 'https')];
export const written = (userId: string, headers: unknown = SIGNED, cookie = DEFAULT_COOKIE): Step[] => [
  call('service.request.setPath', '/'),
  call('response.setHeaders', { 'X-User-Id': userId, 'Set-Cookie': `user_id=${userId}; ${cookie}` }),
  call('service.request.setHeaders', headers),
  call('service.request.setRawBody', anything),
];

export const serverFields = (userId: string) => ({
  ip: CLIENT_IP,
  received_at: EXAMPLE_TIME.toISOString(),
  user_id: userId,
});

export function pluginWith(surroundings: Partial<Surroundings> = {}, config: Record<string, unknown> = {}) {
  const captured = capturedLog();
  const plugin = new KinesisIngest(pluginConfig(config), {
    log: captured.log,
    now: () => EXAMPLE_TIME,
    newId: () => NEW_ID,
    credentials: () => credentialsOf(() => EXAMPLE_CREDENTIALS),
    ...surroundings,
  });
  return { plugin, ...captured };
}

export async function play(script: Step[], plugin = pluginWith().plugin): Promise<ScriptedKong> {
  const scripted = scriptedKong(script);
  await plugin.access(scripted.kong);
  scripted.verify();
  return scripted;
}

export function exit(
  code: string,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): Step {
  return call('response.exit', status, JSON.stringify({ error: { code, message } }), {
    'content-type': 'application/json; charset=utf-8',
    ...headers,
  });
}
