/** A plugin server that Kong itself starts, in an environment that is empty but for what the command sets. */

import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { TEST_CREDENTIALS_ENV } from '../../testkit/keys';
import { type Kinesis, startKinesis } from '../../testkit/kinesis/startKinesis';
import { type KongYml, liftRateLimit } from '../../testkit/kongYml';
import { expectSigned } from '../support/expectSigned';
import { postEvent } from '../support/http';
import { type KongGateway, startKongGateway } from '../support/kongGateway';
import { needs } from '../support/needs';
import { startSenders } from '../support/senders';
import { GONE_STATUS, KONG_BIN } from '../support/startGateway';
import { until } from '../support/until';

describe('a plugin server started by Kong', needs(KONG_BIN !== undefined, 'a Kong (KONG_BIN)'), () => {
  let kinesis: Kinesis;
  let socketDir: string;
  let socketPath: string;
  let kong: KongGateway;

  beforeAll(async () => {
    kinesis = await startKinesis();
    socketDir = await mkdtemp(path.join(tmpdir(), 'ingest-'));
    socketPath = path.join(socketDir, 'kinesis-ingest.sock');
    const server = [
      process.execPath,
      path.resolve('dist/pluginserver/main.js'),
      '--plugin',
      path.resolve('dist/plugins/kinesis-ingest'),
    ].join(' ');
    const env = Object.entries(TEST_CREDENTIALS_ENV).map(([name, value]) => `${name}=${value}`);
    const kongYml = parse(await readFile('kong.yml', 'utf8')) as KongYml;
    liftRateLimit(kongYml);
    kong = await startKongGateway(KONG_BIN!, {
      kongYml,
      env: { AWS_REGION: 'us-east-1', KINESIS_ENDPOINT: kinesis.url },
      pluginServers: [
        { name: 'kinesis-ingest', socketPath, descriptionPath: path.join(socketDir, 'unused.json') },
      ],
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
    // Kong takes requests before the plugin server that it starts listens, and answers them with an error.
    const answer = await until('the plugin server listens', async () => {
      const first = await postEvent(kong.proxyUrl, { type: 'click' });
      return first.status !== GONE_STATUS && first;
    });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers['x-user-id']).toBeDefined();
    await expectSigned(kinesis.calls);
  });

  test('kong reload hands over to the next plugin server without a failed or unsigned request', async () => {
    const { ino } = await stat(socketPath);
    const senders = startSenders(kong.proxyUrl, { name: 'reload' });
    await until('events flow', () => senders.acknowledged.length > 100);
    await kong.control('reload');
    await until('the next plugin server has the socket', async () => (await stat(socketPath)).ino !== ino);
    const seen = senders.acknowledged.length;
    await until('events flow through it', () => senders.acknowledged.length > seen + 500);
    await senders.stop();
    expect(Object.keys(senders.outcomes)).toEqual(['200']);
    await expectSigned(kinesis.calls);
  });
});
