import { createHash, createHmac } from 'node:crypto';
import { RequestSigner, sign as sign4 } from 'aws4';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../../../plugins/kinesis-ingest/config/config';
import type { StaticCredentials } from '../../../../plugins/kinesis-ingest/config/credentialsConfig';
import type { Endpoint } from '../../../../plugins/kinesis-ingest/config/endpoint';
import { type Operation, requestSigner } from '../../../../plugins/kinesis-ingest/kinesis/signRequest';
import { signatureFault } from '../../../../testkit/kinesis/verifySignature';
import { EXAMPLE_CREDENTIALS, EXAMPLE_TIME, pluginConfig } from '../../../support/plugin/examples';
import { type Random, seededRandom } from '../../../support/plugin/random';

const BODY = '{"StreamName":"clickstream","PartitionKey":"u1","Data":"e30="}';
const SESSION = {
  ...EXAMPLE_CREDENTIALS,
  sessionToken: 'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqw==',
};

const endpointOf = (region: string, endpoint?: string): Endpoint =>
  parseConfig(pluginConfig({ region, endpoint })).endpoint;

const sign = (credentials: StaticCredentials, endpoint = endpointOf('us-east-1'), body = BODY) =>
  requestSigner(endpoint, 'us-east-1')('PutRecord', Buffer.from(body), credentials, EXAMPLE_TIME);

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

function signingKey(secret: string, date: string, region: string, service: string): Buffer {
  return hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), 'aws4_request');
}

/** With nothing prepared. */
function plainAws4(
  endpoint: Endpoint,
  operation: Operation,
  body: Buffer,
  keys: StaticCredentials,
  time: Date,
): Record<string, unknown> {
  const headers = {
    Host: endpoint.host,
    'Content-Type': 'application/x-amz-json-1.1',
    'X-Amz-Date': time.toISOString().replace(/[:-]|\.\d{3}/g, ''),
    'X-Amz-Target': `Kinesis_20131202.${operation}`,
  };
  const request = { service: 'kinesis', region: 'eu-west-1', method: 'POST', path: '/', body, headers };
  const unsigned = { extraHeadersToIgnore: { 'content-length': true } };
  const signed = sign4({ ...request, ...unsigned }, keys).headers ?? {};
  delete signed['Content-Length'];
  return Object.fromEntries(Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]));
}

afterEach(() => vi.restoreAllMocks());

/** @see https://docs.aws.amazon.com/general/latest/gr/signature-v4-examples.html */
it('this test derives the signing key as AWS publishes it for its example keys', () => {
  const key = signingKey(EXAMPLE_CREDENTIALS.secretAccessKey, '20150830', 'us-east-1', 'iam');
  expect(key.toString('hex')).toBe('c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9');
});

/**
 * The stages as AWS describes them, with nothing of the signing library.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
describe.each<[string, StaticCredentials, string, string, string]>([
  [
    'AWS’s example keys',
    EXAMPLE_CREDENTIALS,
    'kinesis.us-east-1.amazonaws.com',
    '',
    'content-type;host;x-amz-date;x-amz-target',
  ],
  [
    'a session token',
    SESSION,
    'kinesis.us-east-1.amazonaws.com',
    `x-amz-security-token:${SESSION.sessionToken}\n`,
    'content-type;host;x-amz-date;x-amz-security-token;x-amz-target',
  ],
  [
    'a host with its port',
    EXAMPLE_CREDENTIALS,
    '127.0.0.1:4566',
    '',
    'content-type;host;x-amz-date;x-amz-target',
  ],
])('a PutRecord signed with %s', (_, credentials, host, tokenLine, signedHeaders) => {
  const endpoint = host.includes(':') ? endpointOf('us-east-1', `http://${host}`) : endpointOf('us-east-1');
  const canonicalRequest = `POST
/

content-type:application/x-amz-json-1.1
host:${host}
x-amz-date:20150830T123600Z
${tokenLine}x-amz-target:Kinesis_20131202.PutRecord

${signedHeaders}
${sha256(BODY)}`;
  const stringToSign = `AWS4-HMAC-SHA256
20150830T123600Z
20150830/us-east-1/kinesis/aws4_request
${sha256(canonicalRequest)}`;

  /** What the signing library writes, but for the hash at its end. */
  function spied(stage: 'canonicalString' | 'stringToSign'): string {
    const spy = vi.spyOn(RequestSigner.prototype, stage);
    sign(credentials, endpoint);
    return String(spy.mock.results[0]?.value).slice(0, -64);
  }

  it('1: has the canonical request of host, content-type and x-amz-* alone', () => {
    expect(spied('canonicalString') + sha256(BODY)).toBe(canonicalRequest);
  });

  it('2: has the string to sign of its time and scope', () => {
    expect(spied('stringToSign') + sha256(canonicalRequest)).toBe(stringToSign);
  });

  it('3: has the authorization header of its key', () => {
    const key = signingKey(credentials.secretAccessKey, '20150830', 'us-east-1', 'kinesis');
    const signature = hmac(key, stringToSign).toString('hex');
    expect(sign(credentials, endpoint).authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/kinesis/aws4_request, SignedHeaders=${signedHeaders}, Signature=${signature}`,
    );
  });

  it('4: goes out with the signed headers and no others', () => {
    expect(Object.keys(sign(credentials, endpoint)).sort()).toEqual(
      ['authorization', ...signedHeaders.split(';')].sort(),
    );
  });
});

describe('random requests', () => {
  const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=';
  const text = (random: Random, length: number) =>
    Array.from({ length }, () => CHARACTERS[random.below(CHARACTERS.length)]).join('');

  it('have, 100 of them, the signature that @smithy/signature-v4 finds', async () => {
    const random = seededRandom(4);
    for (let n = 0; n < 100; n++) {
      const region = random.pick(['us-east-1', 'eu-central-1', 'cn-north-1', 'us-gov-west-1']);
      const own = [
        `http://127.0.0.1:${1 + random.below(65_535)}`,
        `http://[2001:db8::${random.below(9999)}]:4566`,
        `https://vpce-${random.below(9999)}.example.com`,
        'https://localhost:443',
      ];
      const endpoint = endpointOf(region, random.chance(0.5) ? random.pick(own) : undefined);
      const credentials: StaticCredentials = {
        accessKeyId: text(random, 20).replace(/[+/=]/g, 'X'),
        secretAccessKey: text(random, 40),
        ...(random.chance(0.5) && { sessionToken: text(random, 1 + random.below(900)) }),
      };
      const body = Buffer.from(random.chance(0.1) ? 'é😀'.repeat(50) : text(random, random.below(3000)));
      const time = new Date(random.below(4_000_000_000) * 1000 + random.below(1000));
      const headers = requestSigner(endpoint, region)('PutRecord', body, credentials, time);
      const request = { method: 'POST', url: endpoint.path, headers, body };
      expect(await signatureFault(request, credentials, region), JSON.stringify(headers)).toBeUndefined();
    }
  });

  it('have, 1,000 of them to one endpoint, the headers that plain aws4 makes', () => {
    const random = seededRandom(5);
    const endpoint = endpointOf('eu-west-1');
    const signer = requestSigner(endpoint, 'eu-west-1');
    const credentials = [
      EXAMPLE_CREDENTIALS,
      { ...EXAMPLE_CREDENTIALS, secretAccessKey: 'another' },
      SESSION,
    ];
    // Seconds before and after midnight, so that many requests share one and some don't share the day.
    const midnight = Date.UTC(2026, 11, 31);
    for (let n = 0; n < 1000; n++) {
      const time = new Date(midnight + random.below(8000) - 4000);
      const body = Buffer.from(text(random, random.below(300)));
      const operation = random.pick(['PutRecord', 'PutRecords'] as const);
      const keys = random.pick(credentials);
      expect(signer(operation, body, keys, time)).toEqual(plainAws4(endpoint, operation, body, keys, time));
    }
  });

  it('differ in their signature by any part that is signed', () => {
    const signer = requestSigner(endpointOf('us-east-1'), 'us-east-1');
    const body = Buffer.from(BODY);
    const signatures = [
      sign(EXAMPLE_CREDENTIALS),
      sign(EXAMPLE_CREDENTIALS, endpointOf('us-east-1'), `${BODY} `),
      sign(EXAMPLE_CREDENTIALS, endpointOf('us-west-2')),
      sign(EXAMPLE_CREDENTIALS, endpointOf('us-east-1', 'http://127.0.0.1:4566')),
      sign({ ...EXAMPLE_CREDENTIALS, secretAccessKey: 'another' }),
      sign(SESSION),
      requestSigner(endpointOf('us-east-1'), 'us-west-2')(
        'PutRecord',
        body,
        EXAMPLE_CREDENTIALS,
        EXAMPLE_TIME,
      ),
      signer('PutRecords', body, EXAMPLE_CREDENTIALS, EXAMPLE_TIME),
      signer('PutRecord', body, EXAMPLE_CREDENTIALS, new Date(0)),
    ].map(({ authorization }) => authorization);
    expect(new Set(signatures).size).toBe(signatures.length);
  });

  it('are not guessed from the environment', () => {
    vi.stubEnv('AWS_SESSION_TOKEN', 'of the environment');
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    expect(sign(EXAMPLE_CREDENTIALS)).not.toHaveProperty('x-amz-security-token');
    expect(sign(EXAMPLE_CREDENTIALS).authorization).toContain('/us-east-1/kinesis/');
    vi.unstubAllEnvs();
  });
});
