/** Credentials that somebody replaces while the plugin server runs. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../../../../plugins/kinesis-ingest/config/config';
import { credentialsSource } from '../../../../../plugins/kinesis-ingest/kinesis/credentials/credentials';
import { capturedLog } from '../../../../support/plugin/capturedLog';
import { pluginConfig } from '../../../../support/plugin/examples';
import { SECOND } from '../../../../support/plugin/fetchedCredentials';
import { type Served, serve } from '../../../../support/serve';
import { until } from '../../../../support/until';

let folder: string;
let served: Served[];
let number = 0;
const file = (name: string) => path.join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'credentials-'));
  served = [];
  vi.useFakeTimers({ toFake: ['Date'] });
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'])
    vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file('credentials'));
  vi.stubEnv('AWS_CONFIG_FILE', file('config'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  for (const each of served) await each.close();
  await rm(folder, { recursive: true });
});

/** A source of its own: those with the same settings share one. */
function source() {
  const config = parseConfig(pluginConfig({ region: `eu-test-${++number}` }));
  return credentialsSource(config, capturedLog().log);
}

const writeKeys = (id: string, more = '') =>
  writeFile(file('credentials'), `[default]\naws_access_key_id = ${id}\naws_secret_access_key = s\n${more}`);

async function answering(answer: (url: string, body: string) => string): Promise<Served> {
  const one = await serve((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => response.end(answer(`${request.method} ${request.url}`, body)));
  });
  served.push(one);
  return one;
}

const assumed = (action: string, id: string) =>
  `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>
<AccessKeyId>${id}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></${action}Result></${action}Response>`;

describe('keys in a shared file', () => {
  it('are read again when AWS refuses them', async () => {
    await writeKeys('AKIDOLD');
    const keys = source();
    const old = await keys.get();
    expect(old).toMatchObject({ accessKeyId: 'AKIDOLD' });
    await writeKeys('AKIDNEW');
    vi.setSystemTime(Date.now() + 5 * SECOND);
    keys.renew(old);
    expect(keys.problem).toBe('AWS refuses the credentials');
    expect(await keys.get()).toMatchObject({ accessKeyId: 'AKIDNEW' });
    expect(keys.problem).toBeUndefined();
  });

  it('are read again though nobody says that AWS refuses them', async () => {
    await writeKeys('AKIDOLD');
    const keys = source();
    await keys.get();
    await writeKeys('AKIDNEW');
    vi.setSystemTime(Date.now() + 30 * SECOND);
    await until('the new ones are read', async () => (await keys.get()).accessKeyId === 'AKIDNEW');
  });

  it('sign the call that assumes a profile’s role, the new ones too', async () => {
    const signedBy: string[] = [];
    const sts = await serve((request, response) => {
      signedBy.push(/Credential=(\w+)/.exec(request.headers.authorization!)![1]!);
      request.resume().on('end', () => response.end(assumed('AssumeRole', `AKIDROLE${signedBy.length}`)));
    });
    served.push(sts);
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
    vi.stubEnv('AWS_PROFILE', 'role');
    await writeFile(
      file('config'),
      '[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = default\nregion = us-east-1\n',
    );
    await writeKeys('AKIDOLD');
    const keys = source();
    const old = await keys.get();
    expect(old).toMatchObject({ accessKeyId: 'AKIDROLE1' });
    await writeKeys('AKIDNEW');
    vi.setSystemTime(Date.now() + 5 * SECOND);
    keys.renew(old);
    expect(await keys.get()).toMatchObject({ accessKeyId: 'AKIDROLE2' });
    expect(signedBy).toEqual(['AKIDOLD', 'AKIDNEW']);
  });
});

it('a web identity’s token is read again', async () => {
  const tokens: (string | null)[] = [];
  const sts = await answering((_, body) => {
    tokens.push(new URLSearchParams(body).get('WebIdentityToken'));
    return assumed('AssumeRoleWithWebIdentity', `AKID${tokens.length}`);
  });
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
  vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', file('token'));
  vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/r');
  await writeFile(file('token'), 'old');
  const keys = source();
  const old = await keys.get();
  await writeFile(file('token'), 'new');
  vi.setSystemTime(Date.now() + 5 * SECOND);
  keys.renew(old);
  expect(await keys.get()).toMatchObject({ accessKeyId: 'AKID2' });
  expect(tokens).toEqual(['old', 'new']);
});

it('an instance’s keys are asked for again', async () => {
  let id = 'AKIDOLD';
  const metadata = await answering((url) => {
    if (url.startsWith('PUT')) return 'token';
    if (url.endsWith('/security-credentials/')) return 'role';
    const Expiration = '2099-01-01T00:00:00Z';
    return JSON.stringify({ AccessKeyId: id, SecretAccessKey: 's', Token: 't', Expiration, Code: 'Success' });
  });
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined);
  vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', metadata.url);
  const keys = source();
  const old = await keys.get();
  expect(old).toMatchObject({ accessKeyId: 'AKIDOLD' });
  id = 'AKIDNEW';
  vi.setSystemTime(Date.now() + 5 * SECOND);
  keys.renew(old);
  expect(await keys.get()).toMatchObject({ accessKeyId: 'AKIDNEW' });
});
