import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { userIdHeaders } from '../../../plugins/kinesis-ingest/answer/sendAnswer';
import { ConfigError } from '../../../plugins/kinesis-ingest/config/checkConfig';
import { type Config, parseConfig } from '../../../plugins/kinesis-ingest/config/config';
import { FIELDS } from '../../../plugins/kinesis-ingest/config/schema';
import { requestSigner } from '../../../plugins/kinesis-ingest/kinesis/signRequest';
import { cases, FUZZ_TIMEOUT_MS } from '../../support/fuzz';
import { EXAMPLE_CREDENTIALS, EXAMPLE_TIME } from '../../support/plugin/examples';
import { enrichedAll } from '../../support/plugin/requests';

/** RFC 9110: what may stand in a header's value, without the bytes above ASCII. */
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

/** Values that are right for some field, so that not every configuration fails at the first one. */
const plausible = fc.constantFrom<unknown>(
  '',
  null,
  'us-east-1',
  'clickstream',
  'http://localhost:4566',
  'user_id',
  'context.ip',
  '__proto__',
  'constructor.prototype',
  'batch',
  true,
  false,
  0,
  1,
  1000,
  'Lax',
  'None',
  'proxy',
  'AKIDEXAMPLE',
  'ключ',
  'a\u0000b',
  '{vault://env/x}',
  'arn:aws:iam::123456789012:role/ingest',
  { 'x-app': 'app' },
  [{ when: { field: 'type', prefix: 'v' }, stream: 'videos' }],
);
const REQUIRED = { region: 'us-east-1', stream: 'clickstream' };
const WITH_KEYS = {
  ...REQUIRED,
  access_key_id: 'AKIDEXAMPLE',
  secret_access_key: 'example',
  session_token: 'token',
};
const anything = fc.oneof({ weight: 5, arbitrary: plausible }, { weight: 1, arbitrary: fc.jsonValue() });
const configs = fc
  .dictionary(fc.constantFrom(...Object.keys(FIELDS)), anything, { maxKeys: 8 })
  .chain((config) =>
    fc.constantFrom<object>({}, REQUIRED, WITH_KEYS).map((base) => ({ ...base, ...config })),
  );

/** Uses every part of a configuration as a request does. */
function use(config: Config, raw: Record<string, unknown>): void {
  const [event] = enrichedAll('{"type":"video","context":{},"constructor":1}', {
    config: raw,
    headers: { 'x-app': 'app' },
  });
  expect(JSON.parse(event!.text)).toMatchObject({ type: 'video' });
  const credentials = config.credentials.static ?? EXAMPLE_CREDENTIALS;
  const headers = {
    ...requestSigner(config.endpoint, config.region)(
      'PutRecord',
      Buffer.from('{}'),
      credentials,
      EXAMPLE_TIME,
    ),
    ...userIdHeaders('u-1', config),
  };
  for (const [name, value] of Object.entries(headers)) expect(value, name).toMatch(HEADER_VALUE);
}

function check(raw: unknown): void {
  let config: Config;
  try {
    config = parseConfig(raw);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return;
  }
  use(config, raw as Record<string, unknown>);
}

describe('fuzzing the configuration', () => {
  it(
    'whatever stands in its fields is an error that names one, or a configuration that works',
    () => {
      fc.assert(fc.property(configs, check), cases(2));
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    'any JSON is an error of the configuration or one that works',
    () => {
      fc.assert(fc.property(fc.jsonValue(), check), cases());
    },
    FUZZ_TIMEOUT_MS,
  );
});
