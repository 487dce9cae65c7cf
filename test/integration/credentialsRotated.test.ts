/** Somebody replaces the keys in the shared file, and AWS refuses the old ones. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KinesisCall } from '../../testkit/kinesis/call';
import { type Kinesis, startKinesis } from '../../testkit/kinesis/startKinesis';
import { freePorts } from '../support/freePorts';
import type { GatewayUnderTest } from '../support/gateway';
import { postEvent, send } from '../support/http';
import { DRIVER, startGateway } from '../support/startGateway';
import { until } from '../support/until';
import { withDelivery } from '../support/useAttackedGateway';

const signedWith = ({ headers }: Pick<KinesisCall, 'headers'>, id: string) =>
  String(headers.authorization).includes(`Credential=${id}/`);

describe.each([
  ['batch', []],
  ['proxy', []],
  ['proxy', ['kinesis-reply']],
])(`delivery: %s %j (${DRIVER})`, (delivery, beside) => {
  let folder: string;
  let kinesis: Kinesis;
  let gateway: GatewayUnderTest;
  let metricsUrl: string;
  const file = () => path.join(folder, 'credentials');
  const writeKeys = (id: string) =>
    writeFile(file(), `[default]\naws_access_key_id = ${id}\naws_secret_access_key = secret\n`);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'credentials-'));
    await writeKeys('AKIDOLD');
    kinesis = await startKinesis();
    const [port] = await freePorts(1);
    metricsUrl = `http://127.0.0.1:${port}`;
    gateway = await startGateway({
      env: { KINESIS_ENDPOINT: kinesis.url },
      pluginServerArgs: ['--metrics', `127.0.0.1:${port}`],
      pluginServerEnv: {
        AWS_ACCESS_KEY_ID: '',
        AWS_SECRET_ACCESS_KEY: '',
        AWS_SHARED_CREDENTIALS_FILE: file(),
        AWS_EC2_METADATA_DISABLED: 'true',
      },
      config(kongYml) {
        withDelivery(delivery)(kongYml);
        for (const name of beside) kongYml.services[0]!.routes[0]!.plugins!.push({ name, config: {} });
      },
    });
  });

  afterAll(async () => {
    await gateway?.stop();
    await kinesis?.close();
    await rm(folder, { recursive: true });
  });

  test('the new keys are used without a restart, and readiness tells of the old ones', async () => {
    expect((await postEvent(gateway.proxyUrl, { a: 1 })).status).toBe(200);
    kinesis.script((call) =>
      signedWith(call, 'AKIDOLD') ? { status: 400, type: 'UnrecognizedClientException' } : undefined,
    );
    if (delivery === 'batch' || beside.length > 0) {
      expect((await postEvent(gateway.proxyUrl, { a: 1 })).status).toBeGreaterThan(500);
      const { status, text } = await send(`${metricsUrl}/readyz`, { method: 'GET' });
      expect(status).toBe(503);
      expect(text).toContain('AWS refuses the credentials');
    }
    await writeKeys('AKIDNEW');
    await until(
      'events are stored again',
      async () => (await postEvent(gateway.proxyUrl, { a: 2 })).status === 200,
      60_000,
    );
    expect(signedWith(kinesis.calls.at(-1)!, 'AKIDNEW')).toBe(true);
    expect((await send(`${metricsUrl}/readyz`, { method: 'GET' })).status).toBe(200);
    expect(gateway.pluginServer.output).not.toMatch(/AKID|secret/);
  }, 90_000);
});
