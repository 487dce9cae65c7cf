/** A plugin server that Kong itself starts, in an environment that is empty but for what the command sets. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type CapturingKinesis, startCapturingKinesis } from '../support/capturingKinesis';
import { type KongYml, TEST_CREDENTIALS, TEST_CREDENTIALS_ENV } from '../support/gateway';
import { postEvent } from '../support/http';
import { type KongGateway, startKongGateway } from '../support/kongGateway';
import { KONG_BIN } from '../support/startGateway';
import { until } from '../support/until';
import { signatureFault } from '../support/verifySignature';

describe.skipIf(KONG_BIN === undefined)('a plugin server started by Kong (needs KONG_BIN)', () => {
  let kinesis: CapturingKinesis;
  let socketDir: string;
  let kong: KongGateway;

  beforeAll(async () => {
    kinesis = await startCapturingKinesis();
    socketDir = await mkdtemp(path.join(tmpdir(), 'ingest-'));
    const socketPath = path.join(socketDir, 'kinesis-ingest.sock');
    const server = [
      process.execPath,
      path.resolve('dist/pluginserver/main.js'),
      '--plugin',
      path.resolve('dist/plugins/kinesis-ingest'),
    ].join(' ');
    const env = Object.entries(TEST_CREDENTIALS_ENV).map(([name, value]) => `${name}=${value}`);
    kong = await startKongGateway(KONG_BIN!, {
      kongYml: parse(await readFile('kong.yml', 'utf8')) as KongYml,
      env: { AWS_REGION: 'us-east-1', KINESIS_ENDPOINT: kinesis.url },
      socketPath,
      descriptionPath: path.join(socketDir, 'unused.json'),
      conf: {
        pluginserver_kinesis_query_cmd: `${server} --dump`,
        pluginserver_kinesis_start_cmd: `/usr/bin/env ${env.join(' ')} ${server} --socket ${socketPath}`,
      },
    });
  });

  afterAll(async () => {
    await kong?.stop();
    await rm(socketDir, { recursive: true, force: true });
    await kinesis?.close();
  });

  test('signs events with the credentials of its command', async () => {
    // Kong takes requests before the plugin server that it starts listens, and answers them 500.
    const answer = await until('the plugin server listens', async () => {
      const first = await postEvent(kong.proxyUrl, { type: 'click' });
      return first.status !== 500 && first;
    });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers['x-user-id']).toBeDefined();
    for (const request of kinesis.requests)
      expect(await signatureFault(request, TEST_CREDENTIALS)).toBeUndefined();
  });
});
