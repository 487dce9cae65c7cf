/** What somebody outside may try: nothing but signed events reach Kinesis, and nothing of ours comes out. */

import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type GatewayUnderTest, type KongYml, pluginOf } from '../support/gateway';
import { type Answer, postEvent, refusalOf } from '../support/http';
import { peakMemoryBytes } from '../support/processMemory';
import { rawRequest, sendRaw } from '../support/rawHttp';
import { type ScriptedKinesis, startScriptedKinesis } from '../support/scriptedKinesis';
import { DRIVER, startGateway } from '../support/startGateway';

const MIB = 1024 * 1024;
const ID = /^[A-Za-z0-9._:-]{1,128}$/;
/** What no answer and no header to Kinesis may hold. */
const MARK = 'attacker-was-here';

/** Attacks must not be stopped by the rate limit, which is another defence. */
function withDelivery(delivery: string, more: Record<string, unknown> = {}) {
  return (kongYml: KongYml) => {
    const route = kongYml.services[0]!.routes[0]!;
    route.plugins = route.plugins!.filter(({ name }) => name !== 'rate-limiting');
    Object.assign(pluginOf(kongYml, 'kinesis-ingest').config, { delivery, batch_linger_ms: 0, ...more });
  };
}

describe.each(['proxy', 'batch'])(`attacks, delivery: %s (${DRIVER})`, (delivery) => {
  let kinesis: ScriptedKinesis;
  let gateway: GatewayUnderTest;

  beforeAll(async () => {
    kinesis = await startScriptedKinesis();
    gateway = await startGateway({
      env: { KINESIS_ENDPOINT: kinesis.url },
      config: withDelivery(delivery),
    });
  });

  afterAll(async () => {
    await gateway?.stop();
    await kinesis?.close();
  });

  beforeEach(() => {
    kinesis.calls.length = 0;
    kinesis.stored.length = 0;
  });

  const post = (event: unknown, headers: Record<string, string | string[]> = {}) =>
    postEvent(gateway.proxyUrl, event, headers);
  const raw = (headers: readonly string[], body?: string) =>
    sendRaw(gateway.proxyUrl, rawRequest(headers, body));
  const storedTexts = () => kinesis.stored.map(({ data }) => data);
  const storedEvents = () => storedTexts().map((data) => JSON.parse(data) as Record<string, unknown>);

  /** Whatever has reached Kinesis is a call of ours: for our stream, rightly signed, with none of the client's headers. */
  async function expectOnlyOurCalls(): Promise<void> {
    expect(await kinesis.signatureFaults()).toEqual([]);
    for (const { operation, stream, headers, records } of kinesis.calls) {
      expect(operation).toMatch(/^PutRecords?$/);
      expect(stream).toBe('clickstream');
      expect(headers.host).toBe(new URL(kinesis.url).host);
      // Kong tells the upstream which host was asked; it isn't signed, and AWS doesn't read it.
      const { 'x-forwarded-host': _, 'x-forwarded-for': __, ...others } = headers;
      expect(JSON.stringify(others)).not.toContain(MARK);
      for (const record of records) expect(record.ExplicitHashKey).toBeUndefined();
    }
  }

  async function expectStillServing(): Promise<void> {
    const answer = await post({ type: 'after' });
    expect(answer.status, answer.text).toBe(200);
    expect(storedEvents().at(-1)).toMatchObject({ type: 'after' });
  }

  describe('injection of headers', () => {
    test.each([
      ['x-amz-target', { 'x-amz-target': 'Kinesis_20131202.DeleteStream' }],
      ['x-amz-security-token', { 'x-amz-security-token': MARK }],
      ['x-amz-date', { 'x-amz-date': '19990101T000000Z' }],
      ['an unknown x-amz header', { 'x-amz-meta-x': MARK }],
      [
        'authorization',
        { authorization: `AWS4-HMAC-SHA256 Credential=${MARK}/20260101/us-east-1/kinesis/aws4_request` },
      ],
      ['host', { host: `${MARK}.example` }],
      ['x-forwarded-host', { 'x-forwarded-host': `${MARK}.example` }],
      ['x-original-url', { 'x-original-url': `/${MARK}`, 'x-rewrite-url': `/${MARK}` }],
      ['x-http-method-override', { 'x-http-method-override': 'DELETE' }],
      ['two of a name', { 'x-amz-target': [MARK, `Kinesis_20131202.${MARK}`] }],
    ])('%s', async (_, headers) => {
      expect((await post({ type: 'click' }, headers)).status).toBe(200);
      expect(kinesis.calls).toHaveLength(1);
      await expectOnlyOurCalls();
    });
  });

  test.each([
    ['connection', 'x-amz-date, close'],
    ['connection', 'keep-alive, Authorization'],
    ['connection', 'close, content-type'],
    ['connection', 'host'],
    ['connection', 'close, content-length'],
    ['te', 'trailers, x-amz-target'],
  ])('%s: %s takes nothing out of what was signed', async (name, value) => {
    // Not all of these can be sent with an HTTP client.
    const headers = ['Host: a', 'Content-Type: application/json', 'Content-Length: 2', `${name}: ${value}`];
    const { text } = await raw(headers, '{}');
    if (delivery === 'proxy') {
      expect(text).toContain('HTTP/1.1 400');
      expect(text).toContain('"code":"invalid_header"');
      expect(kinesis.calls).toEqual([]);
    } else {
      expect(text).toContain('HTTP/1.1 200');
      await expectOnlyOurCalls();
    }
  });

  describe('choosing where an event goes from outside', () => {
    test('stream, region, endpoint, partition key and hash key of a body stay fields of the event', async () => {
      const event = {
        StreamName: 'other',
        StreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/other',
        PartitionKey: 'chosen',
        ExplicitHashKey: '0',
        stream: 'other',
        region: 'eu-west-1',
        endpoint: 'http://attacker.example',
        config: { stream: 'other' },
        Records: [{ Data: 'e30=', PartitionKey: 'chosen' }],
      };
      expect((await post(event)).status).toBe(200);
      expect((await post([event, event])).status).toBe(200);
      expect(storedEvents()).toMatchObject([event, event, event]);
      expect(kinesis.stored.map(({ partitionKey }) => partitionKey)).not.toContain('chosen');
      await expectOnlyOurCalls();
    });

    test('nor do a query or another path change it', async () => {
      const body = '{"type":"click"}';
      const headers = ['Host: shop.example', `Content-Length: ${body.length}`, 'Connection: close'];
      for (const target of [
        '/events?StreamName=other&endpoint=http://attacker.example&Action=DeleteStream',
        '/events/../../admin',
        '/events/%2e%2e/x',
        '/events//attacker.example/',
        'http://attacker.example/events',
      ]) {
        await sendRaw(gateway.proxyUrl, rawRequest(headers, body, `POST ${target} HTTP/1.1`));
      }
      expect(kinesis.calls.length).toBeGreaterThan(0);
      await expectOnlyOurCalls();
    });

    test('a body that begins a call of its own is an event like any other', async () => {
      const event = `{"StreamName":"other","Data":"e30=","PartitionKey":"x"}`;
      const answer = await post(event, { 'content-type': 'application/x-amz-json-1.1' });
      expect(answer.status).toBe(415);
      expect(kinesis.calls).toEqual([]);
    });
  });

  describe('request smuggling', () => {
    const smuggled = rawRequest(['Host: x', 'Content-Length: 18'], '{"smuggled":"yes"}');
    const chunked = `0\r\n\r\n${smuggled}`;

    test.each([
      ['Content-Length with Transfer-Encoding', ['Content-Length: 5', 'Transfer-Encoding: chunked'], chunked],
      ['two different Content-Lengths', ['Content-Length: 2', 'Content-Length: 60'], `{}${smuggled}`],
      ['a list of Content-Lengths', ['Content-Length: 2, 60'], `{}${smuggled}`],
      ['a Content-Length with a sign', ['Content-Length: +2'], `{}${smuggled}`],
      ['a Content-Length in hexadecimal', ['Content-Length: 0x2'], `{}${smuggled}`],
      ['a negative Content-Length', ['Content-Length: -1'], `{}${smuggled}`],
      ['an encoding that is none', ['Transfer-Encoding: xchunked', 'Content-Length: 2'], `{}${smuggled}`],
      ['chunked that is not last', ['Transfer-Encoding: chunked, identity'], chunked],
      ['a space before the colon', ['Transfer-Encoding : chunked', 'Content-Length: 2'], `{}${smuggled}`],
      [
        'a size of a chunk that overflows',
        ['Transfer-Encoding: chunked'],
        `10000000000000002\r\n{}\r\n${chunked}`,
      ],
    ])('%s is refused, and what follows is no request', async (_, headers, body) => {
      const { statuses } = await raw(
        ['Host: shop.example', 'Content-Type: application/json', ...headers],
        body,
      );
      expect(statuses.length).toBeLessThanOrEqual(1);
      for (const status of statuses) expect([400, 413, 501]).toContain(status);
      expect(storedTexts()).toEqual([]);
      await expectStillServing();
    });

    test('a request after another one on the same connection is signed by itself', async () => {
      const one = rawRequest(['Host: a', 'Content-Type: application/json', 'Content-Length: 7'], '{"n":1}');
      const two = rawRequest(
        ['Host: a', 'Content-Type: application/json', 'Content-Length: 7', 'Connection: close'],
        '{"n":2}',
      );
      const { statuses } = await sendRaw(gateway.proxyUrl, one + two, 2000);
      expect(statuses).toEqual([200, 200]);
      expect(storedEvents()).toMatchObject([{ n: 1 }, { n: 2 }]);
      await expectOnlyOurCalls();
    });

    test('two hosts are refused', async () => {
      const { statuses } = await raw(['Host: a', 'Host: b', 'Content-Length: 2', 'Connection: close'], '{}');
      expect(statuses).toEqual([400]);
      expect(kinesis.calls).toEqual([]);
    });
  });

  describe('line ends and odd bytes', () => {
    test.each([
      ['a line end in escapes', { user_id: 'a\r\nSet-Cookie: evil=1' }, {}],
      ['a line feed at its end', { user_id: 'abc\n' }, {}],
      ['a zero byte', { user_id: 'a\0b' }, {}],
      ['a quote and a semicolon', { user_id: 'a"; Domain=evil.example' }, {}],
      ['a percent-encoded line end in the cookie', {}, { cookie: 'user_id=%0d%0aSet-Cookie:%20evil=1' }],
      ['a semicolon in a quoted cookie', {}, { cookie: 'user_id="a; Domain=evil.example"' }],
      ['a cookie that is all quotes', {}, { cookie: 'user_id=""""' }],
      ['several ids in the header', {}, { 'x-user-id': ['a', 'b'] }],
      ['an id of 5,000 characters', {}, { 'x-user-id': 'x'.repeat(5_000) }],
    ])('%s in an id does not get into a header of the answer', async (_, event, headers) => {
      const answer = await post(event, headers);
      expect(answer.status, answer.text).toBe(200);
      const id = answer.headers['x-user-id'] as string;
      expect(id).toMatch(ID);
      expect(answer.headers['set-cookie']).toEqual([
        `user_id=${id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000; Secure`,
      ]);
      expect(JSON.stringify(answer.headers)).not.toContain('evil');
    });

    test('a folded header and a bare carriage return are refused or harmless', async () => {
      for (const header of ['X-User-Id: a\r\n Set-Cookie: evil=1', 'X-User-Id: a\rSet-Cookie: evil=1']) {
        const { text } = await raw(
          ['Host: a', 'Content-Type: application/json', header, 'Content-Length: 2', 'Connection: close'],
          '{}',
        );
        expect(text).not.toMatch(/evil/);
      }
      await expectStillServing();
    });

    test.each([
      ['bytes that are no UTF-8', Buffer.from([0x61, 0xff, 0xc3, 0x28, 0x62])],
      ['an overlong slash', Buffer.from([0x61, 0xc0, 0xaf])],
      ['UTF-8', Buffer.from('é漢😀')],
      ['quotes and backslashes', Buffer.from('"},{"ip":"6.6.6.6"\\')],
      ['characters of HTML', Buffer.from('<script>\u2028</script>')],
    ])('a listed header of %s is a text in the event, which stays JSON', async (_, value) => {
      const head = rawRequest(['Host: a', 'Content-Type: application/json', 'User-Agent: ']).slice(0, -4);
      const rest = '\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{"type":"x"}';
      const { statuses } = await sendRaw(
        gateway.proxyUrl,
        Buffer.concat([Buffer.from(head), value, Buffer.from(rest)]),
        2000,
      );
      // nginx refuses none of these; where a gateway does, nothing is stored.
      if (statuses[0] !== 200) return expect(kinesis.stored).toEqual([]);
      expect(storedEvents()).toMatchObject([{ type: 'x', ip: '127.0.0.1', user_agent: expect.any(String) }]);
      expect(Object.keys(storedEvents()[0]!).filter((name) => name === 'ip')).toHaveLength(1);
    });
  });

  describe('names of JavaScript’s own', () => {
    const texts = [
      '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"toString":1,"hasOwnProperty":2}',
      '{"__proto__":null,"valueOf":{},"then":{"then":1},"toJSON":"x"}',
    ];

    test('in events arrive as they came', async () => {
      for (const text of texts) expect((await post(text)).status).toBe(200);
      storedTexts().forEach((stored, i) => {
        expect(stored.startsWith(texts[i]!.slice(0, -1))).toBe(true);
      });
    });

    test('in an envelope are shared as other fields are', async () => {
      const answer = await post('{"batch":[{"a":1},{"__proto__":2}],"__proto__":{"x":1},"constructor":3}');
      expect(answer.status, answer.text).toBe(200);
      const [first, second] = storedTexts();
      expect(first).toMatch(/"__proto__":\{"x":1\}.*"constructor":3|"constructor":3.*"__proto__":\{"x":1\}/);
      expect(second).toMatch(/^\{"__proto__":2,/);
    });

    test('as headers, cookies and values change nothing', async () => {
      const answer = await post(
        { user_id: '__proto__' },
        {
          __proto__x: '1',
          constructor: '2',
          cookie: '__proto__=1; user_id=constructor',
          'x-user-id': 'toString',
        },
      );
      expect(answer.status).toBe(200);
      expect(answer.headers['x-user-id']).toBe('__proto__');
      await expectStillServing();
      expect(storedEvents().at(-1)).not.toHaveProperty('admin');
    });
  });

  describe('broken text', () => {
    test.each([
      ['an overlong slash', [0xc0, 0xaf]],
      ['an overlong zero byte', [0xc0, 0x80]],
      ['an overlong quote', [0xe0, 0x80, 0xa2]],
      ['a surrogate in UTF-8', [0xed, 0xa0, 0x80]],
      ['a surrogate pair in UTF-8', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
      ['a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
      ['five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
      ['a continuation alone', [0x80]],
      ['a character cut short', [0xf0, 0x9f, 0x98]],
      ['UTF-16', [...Buffer.from('\ufeff{"a":1}', 'utf16le')]],
    ])('%s is refused as invalid_utf8', async (_, bytes) => {
      const answer = await post(
        Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]),
      );
      expect(refusalOf(answer)).toMatchObject({ status: 400, code: 'invalid_utf8' });
      expect(kinesis.calls).toEqual([]);
    });

    test('lone surrogates in escapes pass digit for digit and are no user id', async () => {
      const text = '{"a":"\\ud83d","\\udc00":"\\uDC00\\ud800","user_id":"\\ud83d"}';
      const answer = await post(text);
      expect(answer.status).toBe(200);
      expect(answer.headers['x-user-id']).toMatch(ID);
      expect(storedTexts()[0]).toContain('{"a":"\\ud83d","\\udc00":"\\uDC00\\ud800",');
    });
  });

  describe('size', () => {
    test.each([
      ['an array a million deep', '['.repeat(1_000_000), 'too_deep'],
      ['an event with an array a million deep', `{"a":${'['.repeat(1_000_000)}`, 'too_deep'],
      ['objects 200,000 deep', '{"a":'.repeat(200_000), 'too_deep'],
      ['an event of just over 1 MiB', `{"a":"${'x'.repeat(MIB)}"}`, 'event_too_large'],
      ['600,000 events', `[${Array(600_000).fill('{}').join(',')}]`, 'too_many_events'],
    ])('%s is refused', async (_, body, code) => {
      expect(refusalOf(await post(body)).code).toBe(code);
      expect(kinesis.calls).toEqual([]);
    });

    test('a million keys are more than a body may have', async () => {
      const body = `{${Array.from({ length: 1_000_000 }, (_, i) => `"${i}":1`).join(',')}}`;
      const answer = await post(body);
      expect(answer.status).toBe(413);
      await expectStillServing();
    });

    test('as many keys, and as long a string, as an event may have are taken', async () => {
      const keys = `{${Array.from({ length: 100_000 }, (_, i) => `"${i}":1`).join(',')}}`;
      const string = JSON.stringify({ a: 'x'.repeat(MIB - 1000) });
      for (const text of [keys, string]) {
        expect((await post(text)).status).toBe(200);
        expect(storedTexts().at(-1)!.startsWith(text.slice(0, -1))).toBe(true);
      }
      await expectOnlyOurCalls();
    });

    test('a field that repeats is in the event once, and one that repeats 100,000 times is refused', async () => {
      const repeated = (times: number) => `{${Array(times).fill('"ip":1').join(',')}}`;
      expect((await post(repeated(500))).status).toBe(200);
      expect(storedTexts()[0]!.match(/"ip"/g)).toHaveLength(1);
      expect(refusalOf(await post(repeated(100_000)))).toMatchObject({ status: 400, code: 'invalid_json' });
    });

    test('a large context of an envelope is not multiplied by its 500 events', async () => {
      const body = `{"batch":[${Array(500).fill('{}').join(',')}],"context":{"x":"${'x'.repeat(1.5 * MIB)}"}}`;
      const before = peakMemoryBytes(gateway.pluginServer.pid);
      for (let i = 0; i < 5; i++) expect(refusalOf(await post(body)).code).toBe('body_too_large');
      expect(peakMemoryBytes(gateway.pluginServer.pid) - before).toBeLessThan(200 * MIB);
      await expectStillServing();
    });
  });

  describe('decompression bombs', () => {
    const zeros = Buffer.alloc(256 * MIB);
    const bombs: [string, string, () => Buffer, string][] = [
      ['gzip', 'gzip', () => gzipSync(zeros), 'body_too_large'],
      [
        'gzip in many members',
        'gzip',
        () => Buffer.concat(Array(500).fill(gzipSync(zeros.subarray(0, MIB)))),
        'body_too_large',
      ],
      ['deflate', 'deflate', () => deflateSync(zeros), 'body_too_large'],
      [
        'brotli',
        'br',
        () => brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
        'body_too_large',
      ],
      ['gzip within gzip', 'gzip', () => gzipSync(gzipSync(zeros)), 'invalid_utf8'],
      ['gzip said twice', 'gzip, gzip', () => gzipSync(gzipSync(zeros)), 'unsupported_media_type'],
    ];

    test.each(bombs)(
      '%s is refused and takes no memory',
      async (_, encoding, make, code) => {
        const bomb = make();
        const before = peakMemoryBytes(gateway.pluginServer.pid);
        const answers = await Promise.all(
          Array.from({ length: 4 }, () => post(bomb, { 'content-encoding': encoding })),
        );
        for (const answer of answers) expect(refusalOf(answer).code).toBe(code);
        expect(peakMemoryBytes(gateway.pluginServer.pid) - before).toBeLessThan(150 * MIB);
        expect(kinesis.calls).toEqual([]);
        await expectStillServing();
      },
      60_000,
    );
  });
});

describe(`attacks on the client’s address (${DRIVER})`, () => {
  let kinesis: ScriptedKinesis;
  let gateway: GatewayUnderTest;

  beforeAll(async () => {
    kinesis = await startScriptedKinesis();
    gateway = await startGateway({
      env: { KINESIS_ENDPOINT: kinesis.url },
      config: withDelivery('proxy'),
      trustedIps: ['127.0.0.1/32', '10.0.0.0/8'],
    });
  });

  afterAll(async () => {
    await gateway?.stop();
    await kinesis?.close();
  });

  test.each<[string, string | string[], string]>([
    ['the last address that is not trusted', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['the same through a trusted hop', '6.6.6.6, 203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['the same through two headers', ['6.6.6.6', '203.0.113.9, 10.1.2.3'], '203.0.113.9'],
    ['a forged trusted address before it', '10.9.9.9, 203.0.113.9', '203.0.113.9'],
    ['an IPv6 address', '6.6.6.6, 2001:db8::7', '2001:db8::7'],
    ['the peer’s where the last is no address', '203.0.113.9, evil', '127.0.0.1'],
    ['the peer’s where it is code', '"><script>', '127.0.0.1'],
    ['the peer’s where it is empty', ' , ', '127.0.0.1'],
  ])('it is %s', async (_, forwarded, expected) => {
    const answer = await postEvent(gateway.proxyUrl, { ip: '6.6.6.6' }, { 'x-forwarded-for': forwarded });
    expect(answer.status).toBe(200);
    expect(JSON.parse(kinesis.stored.at(-1)!.data).ip).toBe(expected);
  });

  test('no other header names it', async () => {
    const spoof = '6.6.6.6';
    await postEvent(
      gateway.proxyUrl,
      {},
      {
        forwarded: `for=${spoof}`,
        'x-real-ip': spoof,
        'x-client-ip': spoof,
        'true-client-ip': spoof,
        'cf-connecting-ip': spoof,
      },
    );
    expect(kinesis.stored.at(-1)!.data).not.toContain(spoof);
  });
});

describe(`attacks on one shard (${DRIVER})`, () => {
  test('under a salt the ids that a client chooses do not choose its shard', async () => {
    const kinesis = await startScriptedKinesis();
    const gateway = await startGateway({
      env: { KINESIS_ENDPOINT: kinesis.url, KEY_SALT: 'a salt that nobody outside knows' },
      config: withDelivery('proxy', { partition_key_salt: '{vault://env/key-salt}' }),
    });
    try {
      for (const user_id of ['u-1', 'u-2', 'u-1']) await postEvent(gateway.proxyUrl, { user_id });
      const keys = kinesis.stored.map(({ partitionKey }) => partitionKey);
      for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9_-]{22}$/);
      expect(keys[0]).toBe(keys[2]);
      expect(keys[1]).not.toBe(keys[0]);
      expect(gateway.pluginServer.output).not.toContain('a salt that nobody');
    } finally {
      await gateway.stop();
      await kinesis.close();
    }
  });
});

describe(`secrets in answers and logs (${DRIVER})`, () => {
  const OF_AWS =
    'User: arn:aws:iam::123456789012:user/ingest is not authorized for shard shardId-000000000007 with key AKIDEXAMPLE';
  const SECRETS = [
    'wJalrXUtnFEMI',
    'session-token-secret',
    '123456789012',
    'arn:aws',
    'AKIDEXAMPLE',
    'shardId-000000000007',
    MARK,
    'at Object.',
    'node_modules',
  ];
  const FAULTS = [
    { status: 400, type: 'AccessDeniedException', message: OF_AWS },
    { status: 400, type: 'ResourceNotFoundException', message: OF_AWS },
    { status: 400, type: 'UnrecognizedClientException', message: OF_AWS },
    { status: 400, type: 'KMSAccessDeniedException', message: OF_AWS },
    { status: 400, type: 'ProvisionedThroughputExceededException', message: OF_AWS },
    { status: 500, type: 'InternalFailure', message: OF_AWS },
    { body: `<html>${OF_AWS}</html>` },
    { failing: () => true, errorCode: 'InternalFailure', errorMessage: OF_AWS },
    { cut: 'before' as const },
  ];
  const REFUSED: [string | Buffer, Record<string, string>][] = [
    [`{"${MARK}":`, {}],
    [`["${MARK}"]`, {}],
    [`{"batch":["${MARK}",{"a":1}]}`, {}],
    [`${MARK}\n{"a":1}`, { 'content-type': 'application/x-ndjson' }],
    [`{"a":"${MARK}${'x'.repeat(MIB)}"}`, {}],
    [Buffer.from(`${MARK}\xff`, 'latin1'), {}],
    [MARK, { 'content-encoding': 'gzip' }],
    [MARK, { 'content-type': MARK }],
    ['', { cookie: `user_id=${MARK}`, 'x-user-id': MARK }],
  ];

  function withReply(kongYml: KongYml) {
    withDelivery('proxy')(kongYml);
    kongYml.services[0]!.routes[0]!.plugins!.push({ name: 'kinesis-reply', config: {} });
  }

  test.each([
    ['delivery: batch', withDelivery('batch', { deadline_ms: 300 }), true],
    ['delivery: proxy with kinesis-reply', withReply, true],
    // Kinesis's own refusals go to the client as they come: only what is of ours is looked at.
    ['delivery: proxy', withDelivery('proxy'), false],
  ])(
    'there are none, whatever fails: %s',
    async (_, config, hidesKinesis) => {
      const pluginServerEnv = { AWS_SESSION_TOKEN: 'session-token-secret' };
      const kinesis = await startScriptedKinesis();
      const gateway = await startGateway({ env: { KINESIS_ENDPOINT: kinesis.url }, pluginServerEnv, config });
      try {
        const answers: Answer[] = [];
        for (const [body, headers] of REFUSED) answers.push(await postEvent(gateway.proxyUrl, body, headers));
        for (const fault of FAULTS) {
          kinesis.script(() => fault);
          answers.push(await postEvent(gateway.proxyUrl, { text: MARK }));
          answers.push(await postEvent(gateway.proxyUrl, [{ text: MARK }, { text: MARK }]));
        }
        expect(answers.filter(({ status }) => status >= 400).length).toBeGreaterThan(20);
        for (const { text, headers } of hidesKinesis ? answers : answers.slice(0, REFUSED.length)) {
          const told = text + JSON.stringify({ ...headers, 'set-cookie': undefined, 'x-user-id': undefined });
          for (const secret of SECRETS) expect(told).not.toContain(secret);
        }
        const { output } = gateway.pluginServer;
        expect(output.length).toBeGreaterThan(0);
        for (const secret of ['wJalrXUtnFEMI', 'session-token-secret', '123456789012', 'arn:aws', MARK])
          expect(output).not.toContain(secret);
      } finally {
        await gateway.stop();
        await kinesis.close();
      }
    },
    60_000,
  );
});
