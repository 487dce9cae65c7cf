/** What is measured of the credentials, by which an alert tells that they are not renewed. */

import { AggregatorRegistry, register } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../../../../plugins/kinesis-ingest/config/config';
import { credentialsSource } from '../../../../../plugins/kinesis-ingest/kinesis/credentials/credentials';
import { capturedLog } from '../../../../support/plugin/capturedLog';
import { EXAMPLE_TIME, pluginConfig } from '../../../../support/plugin/examples';
import { HOUR, MINUTE } from '../../../../support/plugin/fetchedCredentials';

const EXPIRY = 'kinesis_ingest_credentials_expiry_seconds';
const FETCHED = 'kinesis_ingest_credentials_fetched_seconds';

beforeEach(() => vi.useFakeTimers({ now: EXAMPLE_TIME, toFake: ['Date'] }));
afterEach(() => {
  // Nobody uses the credentials of a test any more.
  vi.setSystemTime(Date.now() + 24 * HOUR);
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

let sources = 0;

/** Has the environment's credentials fetched by a source of its own. */
async function use(lifetimeMs?: number) {
  vi.stubEnv('AWS_PROFILE', undefined);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENVIRONMENT');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'of the environment');
  vi.stubEnv(
    'AWS_CREDENTIAL_EXPIRATION',
    lifetimeMs === undefined ? undefined : new Date(Date.now() + lifetimeMs).toISOString(),
  );
  const config = parseConfig(pluginConfig({ region: `test-${++sources}` }));
  const source = credentialsSource(config, capturedLog().log);
  await source.get();
  return source;
}

async function sampled(name: string): Promise<number | undefined> {
  const { values } = await register.getSingleMetric(name)!.get();
  return values[0]?.value;
}

const inSeconds = (fromNowMs: number) => (Date.now() + fromNowMs) / 1000;

describe('the end of the credentials', () => {
  it('is not there before any were fetched', async () => {
    expect([await sampled(EXPIRY), await sampled(FETCHED)]).toEqual([undefined, undefined]);
  });

  it('is not there where they have none', async () => {
    await use();
    expect([await sampled(EXPIRY), await sampled(FETCHED)]).toEqual([undefined, inSeconds(0)]);
  });

  it('is that of those that expire first', async () => {
    await use(2 * HOUR);
    await use(HOUR);
    await use(3 * HOUR);
    await use();
    expect(await sampled(EXPIRY)).toBe(inSeconds(HOUR));
  });

  it('is not there any more five minutes after somebody has asked for them, and again when somebody does', async () => {
    const source = await use(HOUR);
    const expiry = inSeconds(HOUR);
    vi.setSystemTime(Date.now() + 5 * MINUTE);
    expect(await sampled(EXPIRY)).toBeUndefined();
    await source.get();
    expect(await sampled(EXPIRY)).toBe(expiry);
  });

  it('is the workers’, of which the primary process has none', async () => {
    const primarys = await register.getMetricsAsJSON();
    await use(HOUR);
    const workers = await register.getMetricsAsJSON();
    const all = AggregatorRegistry.aggregate([primarys, workers] as unknown as object[]);
    expect(await all.getSingleMetric(EXPIRY)!.get()).toMatchObject({ values: [{ value: inSeconds(HOUR) }] });
  });
});
