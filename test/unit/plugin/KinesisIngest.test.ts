import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../plugins/kinesis-ingest/configReader';
import { KinesisIngest, type Surroundings } from '../../../plugins/kinesis-ingest/KinesisIngest';
import { Refusal } from '../../../plugins/kinesis-ingest/Refusal';
import type { Headers } from '../../../pluginserver/pdk';
import { capturedLog } from '../../support/plugin/capturedLog';
import {
  CLIENT_IP,
  credentialsOf,
  EXAMPLE_CREDENTIALS,
  EXAMPLE_TIME,
  NEW_ID,
  pluginConfig,
} from '../../support/plugin/examples';
import { call, type ScriptedKong, type Step, scriptedKong } from '../../support/plugin/scriptedKong';
import { signatureFault } from '../../support/verifySignature';

const HOST = 'kinesis.us-east-1.amazonaws.com';
const REQUEST_ID = 'f0e1d2c3';
const DEFAULT_COOKIE = 'Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000; Secure';

interface Request {
  line?: string;
  headers?: Headers;
  body?: string | Buffer;
}

/** The four calls that read a request. */
function reads({ line = 'POST /events HTTP/1.1', headers = {}, body = '{}' }: Request = {}): Step[] {
  return [
    call('client.getForwardedIp').answers(CLIENT_IP),
    call('nginx.getVar', 'request').answers(line),
    call('request.getHeaders', 1000).answers(Object.assign(Object.create(null), headers)),
    call('request.getRawBody').answers(typeof body === 'string' ? Buffer.from(body) : body),
  ];
}

const anything: unknown = expect.anything();

/** Headers of the signed call; the signature is looked at by itself. */
const SIGNED = {
  host: HOST,
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-date': '20150830T123600Z',
  'x-amz-target': 'Kinesis_20131202.PutRecord',
  authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//) as unknown,
};

function putRecord(partitionKey: string, event: object | string): Buffer {
  const data = Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)).toString('base64');
  return Buffer.from(JSON.stringify({ StreamName: 'clickstream', PartitionKey: partitionKey, Data: data }));
}

/** The calls that direct the request and send it. */
const directed = [call('service.setTarget', HOST, 443), call('service.request.setScheme', 'https')];
const written = (userId: string, headers: unknown = SIGNED, cookie = DEFAULT_COOKIE): Step[] => [
  call('service.request.setPath', '/'),
  call('response.setHeaders', { 'X-User-Id': userId, 'Set-Cookie': `user_id=${userId}; ${cookie}` }),
  call('service.request.setHeaders', headers),
  call('service.request.setRawBody', anything),
];

const serverFields = (userId: string) => ({
  ip: CLIENT_IP,
  received_at: EXAMPLE_TIME.toISOString(),
  user_id: userId,
});

function pluginWith(surroundings: Partial<Surroundings> = {}, config: Record<string, unknown> = {}) {
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

async function play(script: Step[], plugin = pluginWith().plugin): Promise<ScriptedKong> {
  const scripted = scriptedKong(script);
  await plugin.access(scripted.kong);
  scripted.verify();
  return scripted;
}

function exit(code: string, status: number, message: string, headers: Record<string, string> = {}): Step {
  return call('response.exit', status, JSON.stringify({ error: { code, message } }), {
    'content-type': 'application/json; charset=utf-8',
    ...headers,
  });
}

describe('an event', () => {
  it('is directed to Kinesis, signed, in two round trips: target before headers, body last', async () => {
    const headers = { host: 'shop.example', 'content-type': 'application/json', 'x-user-id': 'u1' };
    const { calls, roundTrips } = await play([
      ...reads({ headers, body: '{"a":1.10}' }),
      // Kong's set_target overwrites the Host that set_headers sets.
      call('service.setTarget', HOST, 443),
      call('service.request.setScheme', 'https'),
      call('service.request.setPath', '/'),
      call('response.setHeaders', { 'X-User-Id': 'u1', 'Set-Cookie': `user_id=u1; ${DEFAULT_COOKIE}` }),
      call('service.request.setHeaders', { ...SIGNED, 'x-user-id': [] }),
      // Should the plugin server die before the body is out, the signed headers are the sign of it.
      call(
        'service.request.setRawBody',
        putRecord(
          'u1',
          `{"a":1.10,"ip":"${CLIENT_IP}","received_at":"2015-08-30T12:36:00.000Z","user_id":"u1"}`,
        ),
      ),
    ]);
    expect(roundTrips()).toBe(2);
    const [sent, body] = calls.slice(-2).map(({ args }) => args[0]) as [Record<string, string>, Buffer];
    expect(
      await signatureFault({ method: 'POST', url: '/', headers: sent, body }, EXAMPLE_CREDENTIALS),
    ).toBeUndefined();
  });

  it.each([
    ['POST /events? HTTP/1.1'],
    ['POST /events?Action=DeleteStream HTTP/1.1'],
    ['POST /?x-amz-target=a HTTP/2.0'],
  ])('loses its query string: %s', async (line) => {
    await play([
      ...reads({ line }),
      ...directed,
      call('service.request.setRawQuery', ''),
      ...written(NEW_ID),
    ]);
  });

  it('goes where Kong’s service says if the configuration leaves that to it', async () => {
    await play([...reads(), ...written(NEW_ID)], pluginWith({}, { upstream: 'service' }).plugin);
  });

  it('goes to the endpoint of the configuration, whose port is part of the signed host', async () => {
    const host = '127.0.0.1:4566';
    await play(
      [
        ...reads(),
        call('service.setTarget', '127.0.0.1', 4566),
        call('service.request.setScheme', 'http'),
        ...written(NEW_ID, { ...SIGNED, host }),
      ],
      pluginWith({}, { endpoint: `http://${host}` }).plugin,
    );
  });

  it('carries the session token where there is one', async () => {
    const { plugin } = pluginWith({
      credentials: () => credentialsOf(async () => ({ ...EXAMPLE_CREDENTIALS, sessionToken: 'token' })),
    });
    await play(
      [...reads(), ...directed, ...written(NEW_ID, { ...SIGNED, 'x-amz-security-token': 'token' })],
      plugin,
    );
  });

  it.each<[string, Headers]>([
    ['JSON', { 'content-type': 'application/json' }],
    ['JSON with a charset', { 'content-type': 'Application/JSON ; charset=UTF-8' }],
    ['the text of a beacon', { 'content-type': 'text/plain;charset=UTF-8' }],
    ['of no type', {}],
    ['of an empty type', { 'content-type': '' }],
    ['in no encoding', { 'content-encoding': 'identity' }],
  ])('may be %s', async (_, headers) => {
    const removed = 'content-encoding' in headers ? { 'content-encoding': [] } : {};
    await play([...reads({ headers }), ...directed, ...written(NEW_ID, { ...SIGNED, ...removed })]);
  });

  it.each([
    ['user_id', '{"a":1}', NEW_ID],
    ['ip', '{"a":1}', CLIENT_IP],
    ['session.id', '{"session":{"id":9007199254740993}}', '9007199254740993'],
    ['session.id', '{"session":{"id":"漢字 \\"😀\\""}}', '漢字 "😀"'],
  ])('has the partition key that the configuration names: %s of %s', async (partition_key, body, key) => {
    const { calls } = await play(
      [...reads({ body }), ...directed, ...written(NEW_ID)],
      pluginWith({}, { partition_key }).plugin,
    );
    const event = `${body.slice(0, -1)},${JSON.stringify(serverFields(NEW_ID)).slice(1)}`;
    expect(calls.at(-1)!.args).toEqual([putRecord(key, event)]);
  });

  it('has its user id in the cookie that the configuration describes', async () => {
    const { plugin } = pluginWith({}, { cookie_name: 'uid', cookie_max_age: 0, cookie_secure: false });
    await play(
      [
        ...reads(),
        ...directed,
        call('service.request.setPath', '/'),
        call('response.setHeaders', {
          'X-User-Id': NEW_ID,
          'Set-Cookie': `uid=${NEW_ID}; Path=/; HttpOnly; SameSite=Lax`,
        }),
        call('service.request.setHeaders', SIGNED),
        call('service.request.setRawBody', putRecord(NEW_ID, serverFields(NEW_ID))),
      ],
      plugin,
    );
  });

  it('without an id gets a UUID of version 7', async () => {
    const credentials = () => credentialsOf(() => EXAMPLE_CREDENTIALS);
    const plugin = new KinesisIngest(pluginConfig(), { log: capturedLog().log, credentials });
    const { calls } = await play(
      [
        ...reads(),
        ...directed,
        call('service.request.setPath', '/'),
        call('response.setHeaders', anything),
        call('service.request.setHeaders', anything),
        call('service.request.setRawBody', anything),
      ],
      plugin,
    );
    const { PartitionKey } = JSON.parse(String(calls.at(-1)!.args[0])) as { PartitionKey: string };
    expect(PartitionKey).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('attacks: headers that are not AWS’s to see', () => {
  const hopHeaders = ['host', 'connection', 'content-length', 'transfer-encoding', 'te', 'upgrade', 'expect'];
  const clientHeaders = [
    ...['cookie', 'authorization', 'referer', 'origin', 'content-encoding', 'accept-encoding', 'accept'],
    ...['x-amz-date', 'x-amz-target', 'x-amz-security-token', 'x-amz-content-sha256', 'x-amzn-trace-id'],
    ...[
      'x-user-id',
      'x-forwarded-for',
      'x-real-ip',
      'forwarded',
      'user-agent',
      'proxy-authorization',
      'trailer',
    ],
    ...['__proto__', 'constructor', 'x_underscore', '0'],
  ];

  it('are all taken out or overwritten, but for those that Kong writes itself', async () => {
    const headers: Headers = Object.create(null);
    for (const name of [...hopHeaders, ...clientHeaders]) headers[name] = 'identity';
    const { calls } = await play([...reads({ headers }), ...directed, ...written('identity', anything)]);
    const sent = new Map(Object.entries(calls.at(-2)!.args[0] as Headers));
    for (const name of clientHeaders) {
      expect([name, sent.get(name)]).toEqual([
        name,
        Object.hasOwn(SIGNED, name) ? SIGNED[name as 'host'] : [],
      ]);
    }
    for (const name of hopHeaders.filter((name) => name !== 'host')) expect(sent.has(name), name).toBe(false);
    expect(sent.get('host')).toBe(HOST);
  });

  it('cannot hide behind Kong’s limit of 1000', async () => {
    const refusal = exit('too_many_headers', 431, 'the request has 1000 headers or more');
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`x-${i}`, '1']));
    await play([...reads({ headers: many }), refusal]);
    await play([...reads({ headers: { 'x-a': Array.from({ length: 1000 }, () => '1') } }), refusal]);
  });
});

describe('a refusal', () => {
  const unsupported = 'the content type must be application/json, application/x-ndjson or text/plain';
  const big = 'x'.repeat(100);

  it.each<
    [code: string, status: number, message: string, request: Request, headers?: Record<string, string>]
  >([
    ['empty_body', 400, 'the request has no body', { body: '' }],
    ['empty_body', 400, 'the request has no body', { body: ' \n' }],
    ['invalid_json', 400, 'unexpected character in JSON at position 5', { body: '{"a":x}' }],
    ['not_an_object', 400, 'the body must be a JSON object or an array', { body: '"{}"' }],
    ['empty_batch', 400, 'the request has no event', { body: '[]' }],
    ['too_deep', 400, 'the event is nested deeper than 100 levels', { body: `{"a":${'['.repeat(100)}` }],
    ['invalid_utf8', 400, 'the body is not valid UTF-8', { body: Buffer.from('{"a":"\xff"}', 'latin1') }],
    [
      'invalid_utf8',
      400,
      'the body is not valid UTF-8',
      { body: Buffer.from('{"\xed\xa0\x80":1}', 'latin1') },
    ],
    ['event_too_large', 413, 'the event has 217 bytes, the limit is 200 bytes', { body: `{"a":"${big}"}` }],
    ['unsupported_media_type', 415, unsupported, { headers: { 'content-type': 'application/xml' } }],
    ['unsupported_media_type', 415, unsupported, { headers: { 'content-type': 'application/jsonp' } }],
    [
      'unsupported_media_type',
      415,
      unsupported,
      { headers: { 'content-type': 'multipart/form-data; a=application/json' } },
    ],
    [
      'unsupported_media_type',
      415,
      unsupported,
      { headers: { 'content-type': 'application/x-amz-json-1.1' } },
    ],
    [
      'unsupported_media_type',
      415,
      'the content encoding must be gzip, deflate or br',
      { headers: { 'content-encoding': 'zstd' } },
    ],
    [
      'method_not_allowed',
      405,
      'events are sent with POST',
      { line: 'GET /events HTTP/1.1' },
      { allow: 'POST, OPTIONS' },
    ],
    [
      'method_not_allowed',
      405,
      'events are sent with POST',
      { line: 'POSTER /events HTTP/1.1' },
      { allow: 'POST, OPTIONS' },
    ],
  ])('is %s, status %i: %s', async (code, status, message, request, headers) => {
    const { plugin, entries } = pluginWith({}, { max_event_bytes: 200 });
    await play([...reads(request), exit(code, status, message, headers)], plugin);
    expect(entries).toEqual([]);
  });

  it('counts the enriched event with its key against the limit, to the byte', async () => {
    const body = '{"a":"é"}';
    const bytes = Buffer.byteLength(JSON.stringify({ a: 'é', ...serverFields(NEW_ID) }) + NEW_ID);
    const limited = (max_event_bytes: number) => pluginWith({}, { max_event_bytes }).plugin;
    await play([...reads({ body }), ...directed, ...written(NEW_ID)], limited(bytes));
    const message = `the event has ${bytes} bytes, the limit is ${bytes - 1} bytes`;
    await play([...reads({ body }), exit('event_too_large', 413, message)], limited(bytes - 1));
  });

  it.each([
    ['ERR_BODY_IN_FILE', 'the body is larger than the gateway’s body buffer'],
    ['ERR_ANSWER_TOO_LARGE', 'the body is larger than what the gateway passes on'],
  ])('is body_too_large where the body cannot be had: %s', async (code, message) => {
    const rejection = Object.assign(new Error('/var/spool/body'), { code });
    await play([
      ...reads().slice(0, 3),
      { method: 'request.getRawBody', args: [], rejection },
      exit('body_too_large', 413, message),
    ]);
  });

  it('is credentials_unavailable where they do not come by the deadline', async () => {
    const credentials = () => credentialsOf(() => new Promise<never>(() => undefined));
    const { plugin } = pluginWith({ credentials }, { deadline_ms: 100 });
    const { kong, verify } = scriptedKong([
      ...reads(),
      exit('credentials_unavailable', 503, 'events cannot be signed at the moment', { 'retry-after': '5' }),
    ]);
    await plugin.access(kong);
    verify();
  });

  it('is credentials_unavailable with Retry-After, and none of the cause', async () => {
    const refusal = new Refusal('credentials_unavailable', 'events cannot be signed at the moment', {
      cause: new Error('arn:aws:iam::123456789012:role/ingest'),
    });
    const { plugin } = pluginWith({ credentials: () => credentialsOf(() => Promise.reject(refusal)) });
    await play(
      [
        ...reads(),
        exit('credentials_unavailable', 503, 'events cannot be signed at the moment', { 'retry-after': '5' }),
      ],
      plugin,
    );
  });
});

describe('a request that Kong repeats because the plugin server died under it', () => {
  const signed = {
    'content-type': 'application/x-amz-json-1.1',
    authorization: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/kinesis/aws4_request',
  };
  const interrupted = exit('interrupted', 503, 'the request was interrupted, send it again', {
    'retry-after': '1',
  });

  it.each([
    ['before its body had been set', '{"a":1}'],
    ['after its body had been set', putRecord('u1', {})],
  ])('is to be sent again: %s', async (_, body) => {
    await play([...reads({ headers: signed, body }), interrupted]);
  });

  it('is handled anew where its headers had not been set yet', async () => {
    await play([...reads({ body: '{"a":1}' }), ...directed, ...written(NEW_ID)]);
  });
});

describe('an unforeseen error', () => {
  const SECRET = 'wJalrXUtnFEMI';
  const boom = () => {
    throw new Error(`boom ${SECRET}`);
  };
  const failing = (method: Step['method'], rejection: unknown) =>
    reads().map((step) => (step.method === method ? { ...step, rejection } : step));
  const message = (id: string) => `the event could not be handled, request ${id}`;

  it.each<[string, Step[], Partial<Surroundings>, string]>([
    ['a new id cannot be made', reads(), { newId: boom }, 'boom'],
    ['the clock fails', reads(), { now: boom }, 'boom'],
    ['the credentials’ source throws', reads(), { credentials: () => credentialsOf(boom) }, 'boom'],
    [
      'the credentials’ source is rejected with something else',
      reads(),
      { credentials: () => credentialsOf(() => Promise.reject(new TypeError('odd'))) },
      'odd',
    ],
    ['the address cannot be had', failing('client.getForwardedIp', new Error('gone')), {}, 'gone'],
    ['the headers cannot be had', failing('request.getHeaders', new Error('gone')), {}, 'gone'],
    ['the body cannot be had', failing('request.getRawBody', new Error('gone')), {}, 'gone'],
    ['a call is rejected with a text', failing('request.getRawBody', 'text'), {}, 'text'],
    ['a call is rejected with nothing', failing('request.getRawBody', undefined), {}, 'code'],
  ])(
    'is a 500 with the request’s id, sends nothing, and is logged once: %s',
    async (_, script, surroundings, logged) => {
      const { plugin, entries, text } = pluginWith(surroundings);
      await play(
        [
          ...script,
          call('nginx.getVar', 'kong_request_id').answers(REQUEST_ID),
          exit('internal_error', 500, message(REQUEST_ID)),
        ],
        plugin,
      );
      expect(entries).toMatchObject([{ level: 50, requestId: REQUEST_ID }]);
      expect(text()).toContain(logged);
    },
  );

  it('is logged with its stack', async () => {
    const { plugin, entries } = pluginWith({ newId: boom });
    await play(
      [
        ...reads(),
        call('nginx.getVar', 'kong_request_id').answers(REQUEST_ID),
        exit('internal_error', 500, message(REQUEST_ID)),
      ],
      plugin,
    );
    expect(entries[0]).toMatchObject({
      err: { message: `boom ${SECRET}`, stack: expect.stringContaining('at ') as unknown },
    });
  });

  it('is a 500 even where the request’s id cannot be had', async () => {
    const { plugin, entries } = pluginWith({ newId: boom });
    await play(
      [
        ...reads(),
        { method: 'nginx.getVar', args: ['kong_request_id'], rejection: new Error('gone') },
        exit('internal_error', 500, message('without id')),
      ],
      plugin,
    );
    expect(entries).toHaveLength(1);
  });

  it('is a 500 where a call fails after the first ones have been made', async () => {
    const { plugin, entries } = pluginWith();
    const rejection = new Error('invalid host');
    await play(
      [
        ...reads(),
        { method: 'service.setTarget', args: [HOST, 443], rejection },
        directed[1]!,
        ...written(NEW_ID),
        call('nginx.getVar', 'kong_request_id').answers(REQUEST_ID),
        exit('internal_error', 500, message(REQUEST_ID)),
      ],
      plugin,
    );
    expect(entries).toHaveLength(1);
  });
});

describe('a plugin whose configuration cannot work', () => {
  it('does not start', () => {
    expect(() => new KinesisIngest({ stream: 'clickstream' })).toThrow(ConfigError);
  });
});
