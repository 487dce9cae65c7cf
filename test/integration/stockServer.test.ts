/** The plugins run unchanged on the plugin server of the npm package `kong-pdk`. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { signatureFault } from '../../testkit/kinesis/verifySignature';
import { connectMsgpackKong, type MsgpackKong } from '../support/msgpackKong';
import { EXAMPLE_CREDENTIALS, pluginConfig } from '../support/plugin/examples';
import { until } from '../support/until';

const ROOT = path.resolve(__dirname, '../..');
const CREDENTIALS = { ...EXAMPLE_CREDENTIALS, sessionToken: 'AQoDYXdzEPT' };
const HOST = '127.0.0.1:4566';

let directory: string;
let server: ChildProcess;
let output = '';
let kong: MsgpackKong;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'stock-'));
  const socketPath = path.join(directory, 'kong.sock');
  server = spawn(
    process.execPath,
    [
      path.join(ROOT, 'node_modules/kong-pdk/bin/kong-js-pluginserver'),
      ...['-d', path.join(ROOT, 'dist/plugins'), '-p', directory, '--sock-name', 'kong.sock'],
    ],
    {
      env: {
        AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
        AWS_SESSION_TOKEN: CREDENTIALS.sessionToken,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  for (const stream of [server.stdout, server.stderr]) stream!.on('data', (text) => (output += String(text)));
  await until('the stock server listens (has `npm run build` been run?)', () => {
    if (server.exitCode !== null) throw new Error(`the stock server ended:\n${output}`);
    return existsSync(socketPath);
  });
  kong = await connectMsgpackKong(socketPath);
});

afterAll(async () => {
  kong?.close();
  server?.kill();
  await until('the stock server has ended', () => server.exitCode !== null || server.signalCode !== null);
  await rm(directory, { recursive: true });
});

/** Shows what the server has written where a test fails. */
beforeEach(() => {
  onTestFailed(() => {
    process.stderr.write(output);
  });
});

afterEach(() => {
  output = '';
});

interface ClientRequest {
  line?: string;
  headers?: Record<string, string[]>;
  body?: string;
}

type Calls = { method: string; args: unknown[] }[];

/** Runs the access phase for a request as Kong would. Returns the calls that the plugin made. */
async function access(
  instance: number,
  { line = 'POST /events HTTP/1.1', headers = {}, body = '{}' }: ClientRequest,
  connection = kong,
): Promise<Calls> {
  const calls: Calls = [];
  const answers: Record<string, (name: unknown) => unknown> = {
    'kong.client.get_forwarded_ip': () => '203.0.113.7',
    'kong.nginx.get_var': (name) => (name === 'request' ? line : 'f0e1d2c3'),
    'kong.request.get_headers': () => headers,
    'kong.request.get_raw_body': () => Buffer.from(body),
  };
  await connection.handleEvent(instance, 'access', (method, args) => {
    calls.push({ method, args });
    return answers[method]?.(args[0]);
  });
  return calls;
}

const methods = (calls: Calls) => calls.map(({ method }) => method);
const argsOf = (calls: Calls, method: string) => calls.find((call) => call.method === method)?.args;

const READS = [
  'kong.client.get_forwarded_ip',
  'kong.nginx.get_var',
  'kong.request.get_headers',
  'kong.request.get_raw_body',
];

describe('the plugin on the stock plugin server', () => {
  let instance: number;

  beforeAll(async () => {
    instance = await kong.startInstance('kinesis-ingest', pluginConfig({ endpoint: `http://${HOST}` }));
  });

  it('directs an event to Kinesis, signed with the credentials of the environment', async () => {
    const headers = {
      host: ['shop.example'],
      'content-type': ['application/json'],
      cookie: ['a=b', 'user_id=u1'],
      referer: ['https://shop.example/'],
    };
    const calls = await access(instance, { headers, body: '{"n":9007199254740993}' });
    expect(methods(calls)).toEqual([
      ...READS,
      'kong.service.set_target',
      'kong.service.request.set_scheme',
      'kong.service.request.set_path',
      'kong.response.set_headers',
      'kong.service.request.set_headers',
      'kong.service.request.set_raw_body',
    ]);
    expect(argsOf(calls, 'kong.service.set_target')).toEqual(['127.0.0.1', 4566]);
    expect(argsOf(calls, 'kong.response.set_headers')).toMatchObject([{ 'X-User-Id': 'u1' }]);
    const [sent] = argsOf(calls, 'kong.service.request.set_headers') as [Record<string, string>];
    expect(sent).toMatchObject({ host: HOST, cookie: [], referer: [] });

    const body = Buffer.from(argsOf(calls, 'kong.service.request.set_raw_body')![0] as Uint8Array);
    const record = JSON.parse(body.toString()) as Record<string, string>;
    expect(record).toMatchObject({ StreamName: 'clickstream', PartitionKey: 'u1' });
    expect(Buffer.from(record.Data!, 'base64').toString()).toMatch(
      /^\{"n":9007199254740993,"ip":"203\.0\.113\.7","received_at":"[^"]+","user_id":"u1","referer":"https:\/\/shop\.example\/"\}$/,
    );
    const request = { method: 'POST', url: '/', headers: sent, body };
    expect(await signatureFault(request, CREDENTIALS)).toBeUndefined();
  });

  it('takes an event larger than a socket’s buffer', async () => {
    const text = 'é😀'.repeat(50_000);
    const calls = await access(instance, { body: JSON.stringify({ text }) });
    const body = Buffer.from(argsOf(calls, 'kong.service.request.set_raw_body')![0] as Uint8Array);
    const { Data } = JSON.parse(body.toString()) as { Data: string };
    expect((JSON.parse(Buffer.from(Data, 'base64').toString()) as { text: string }).text).toBe(text);
  });

  it('handles events of several connections at once', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `user-${i}`);
    const keys = await Promise.all(
      ids.map(async (id) => {
        const connection = await connectMsgpackKong(path.join(directory, 'kong.sock'));
        const calls = await access(instance, { body: `{"user_id":"${id}"}` }, connection);
        connection.close();
        const body = Buffer.from(argsOf(calls, 'kong.service.request.set_raw_body')![0] as Uint8Array);
        return (JSON.parse(body.toString()) as { PartitionKey: string }).PartitionKey;
      }),
    );
    expect(keys).toEqual(ids);
  });

  it.each<[string, number, ClientRequest]>([
    ['empty_body', 400, { body: '' }],
    ['invalid_json', 400, { body: '{"a":' }],
    ['unsupported_media_type', 415, { headers: { 'content-type': ['image/png'] } }],
    ['method_not_allowed', 405, { line: 'PUT /events HTTP/1.1' }],
  ])('refuses through kong.response.exit and calls nothing else: %s', async (code, status, request) => {
    const calls = await access(instance, request);
    expect(methods(calls)).toEqual([...READS, 'kong.response.exit']);
    const [answered, body, headers] = calls.at(-1)!.args;
    expect(answered).toBe(status);
    expect(JSON.parse(body as string)).toMatchObject({ error: { code } });
    expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8' });
  });

  it('answers 500 where it fails, so that nothing goes on unsigned', async () => {
    const calls: Calls = [];
    await kong.handleEvent(instance, 'access', (method, args) => {
      calls.push({ method, args });
      if (method === 'kong.request.get_headers') throw new Error('no headers today');
      return method === 'kong.nginx.get_var' ? 'f0e1d2c3' : '';
    });
    expect(methods(calls)).toEqual([...READS, 'kong.nginx.get_var', 'kong.response.exit']);
    expect(calls.at(-1)!.args.slice(0, 2)).toEqual([
      500,
      '{"error":{"code":"internal_error","message":"the event could not be handled, request f0e1d2c3"}}',
    ]);
    await until('the log tells the cause', () => output.includes('no headers today'));
  });

  it('does not start with a configuration that cannot work, and the error names the field', async () => {
    await expect(kong.startInstance('kinesis-ingest', { region: 'us-east-1' })).rejects.toThrow(
      'config.stream',
    );
  });
});

describe('kinesis-reply on the stock plugin server', () => {
  it('turns a throttle of Kinesis’s into a 429', async () => {
    const instance = await kong.startInstance('kinesis-reply', { retry_after: 2 });
    const calls: Calls = [];
    const answers: Record<string, unknown> = {
      'kong.service.response.get_status': 400,
      'kong.service.response.get_raw_body': Buffer.from(
        '{"__type":"ProvisionedThroughputExceededException"}',
      ),
      'kong.response.get_headers': { 'x-amzn-requestid': ['r-1'], 'set-cookie': ['id=u-1'] },
    };
    await kong.handleEvent(instance, 'response', (method, args) => {
      calls.push({ method, args });
      return answers[method];
    });
    expect(methods(calls)).toEqual([...Object.keys(answers), 'kong.response.exit']);
    const [status, body, headers] = calls.at(-1)!.args;
    expect(status).toBe(429);
    expect(JSON.parse(body as string)).toMatchObject({ error: { code: 'throttled' } });
    expect(headers).toEqual({
      'x-amzn-requestid': [],
      'content-type': 'application/json; charset=utf-8',
      'retry-after': '2',
    });
  });
});
