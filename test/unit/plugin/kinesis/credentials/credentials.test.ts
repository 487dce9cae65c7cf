import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../../../../plugins/kinesis-ingest/config/config';
import { credentialsSource } from '../../../../../plugins/kinesis-ingest/kinesis/credentials/credentials';
import { capturedLog } from '../../../../support/plugin/capturedLog';
import { EXAMPLE_CREDENTIALS, pluginConfig } from '../../../../support/plugin/examples';
import { serve } from '../../../../support/serve';

const sourceOf = (more: Record<string, unknown>) =>
  credentialsSource(parseConfig(pluginConfig(more)), capturedLog().log);

const keys = {
  access_key_id: EXAMPLE_CREDENTIALS.accessKeyId,
  secret_access_key: EXAMPLE_CREDENTIALS.secretAccessKey,
};
const role_arn = 'arn:aws:iam::123456789012:role/ingest';

afterEach(() => vi.unstubAllEnvs());

describe('keys in the configuration', () => {
  it('are handed out as they are, without a promise', () => {
    expect(sourceOf(keys).get()).toEqual(EXAMPLE_CREDENTIALS);
    expect(sourceOf({ ...keys, session_token: 't' }).get()).toEqual({
      ...EXAMPLE_CREDENTIALS,
      sessionToken: 't',
    });
  });
});

describe('a source', () => {
  it('is shared by instances with the same settings, whatever else differs', () => {
    const one = sourceOf({ role_arn, stream: 'a' });
    expect(sourceOf({ role_arn, stream: 'b', endpoint: 'http://localhost' })).toBe(one);
  });

  it.each([
    [{ role_arn: `${role_arn}2` }],
    [{ role_arn, external_id: 'e' }],
    [{ role_arn, role_session_name: 'another' }],
    [{ role_arn, region: 'eu-central-1' }],
    [{ role_arn, ...keys }],
    [{}],
  ])('is another one for %j', (more) => {
    expect(sourceOf(more)).not.toBe(sourceOf({ role_arn }));
  });
});

describe('the provider chain', () => {
  it('reads the environment when it is asked first, not when the plugin starts', async () => {
    const source = sourceOf({ region: 'eu-north-1' });
    vi.stubEnv('AWS_PROFILE', undefined);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENVIRONMENT');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'of the environment');
    vi.stubEnv('AWS_SESSION_TOKEN', 'token');
    expect(await source.get()).toMatchObject({
      accessKeyId: 'AKIDENVIRONMENT',
      secretAccessKey: 'of the environment',
      sessionToken: 'token',
    });
    expect(source.get()).not.toBeInstanceOf(Promise);
  });
});

describe('a role', () => {
  it('is assumed through STS with its external id and session name', async () => {
    const asked: string[] = [];
    const sts = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => asked.push(text));
      request.on('end', () => response.end(ASSUMED));
    });
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
    try {
      const source = sourceOf({ ...keys, role_arn, external_id: 'partner', role_session_name: 'door' });
      expect(await source.get()).toMatchObject({ accessKeyId: 'AKIDROLE', sessionToken: 'of the role' });
    } finally {
      await sts.close();
    }
    const form = new URLSearchParams(asked.join(''));
    expect(Object.fromEntries(form)).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: role_arn,
      ExternalId: 'partner',
      RoleSessionName: 'door',
    });
  });
});

const ASSUMED = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><AssumedRoleId>A:door</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/ingest/door</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>AKIDROLE</AccessKeyId><SecretAccessKey>of the role too</SecretAccessKey>
<SessionToken>of the role</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>`;
