/** The package as others install it: from its tarball into an empty folder, then one event. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { startGateway } from '../../sandbox/gateway';
import { TEST_CREDENTIALS_ENV } from '../../testkit/keys';
import { startKinesis } from '../../testkit/kinesis/startKinesis';
import { projectKongYml } from '../../testkit/kongYml';
import { untilListening } from '../../testkit/pluginServer';
import { eventOf } from '../support/events';
import { freePorts } from '../support/freePorts';
import { postEvent, send } from '../support/http';
import { until } from '../support/until';

const run = promisify(execFile);
const bin = (name: string) => path.join(folder, 'node_modules', '.bin', name);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'package-'));
  // Built before the first test.
  const packed = await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]);
  await writeFile(path.join(folder, 'package.json'), '{ "private": true }');
  const tarball = path.join(folder, packed.stdout.trim());
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], { cwd: folder });
}, 240_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('the plugin server finds the package’s plugin by its name, and an event gets into the stream', async () => {
  const kinesis = await startKinesis();
  const socketPath = path.join(folder, 's.sock');
  const descriptionPath = path.join(folder, 'description.json');
  const server = spawn(
    bin('kong-pluginserver'),
    ['--plugin', 'kinesis-ingest', '--socket', socketPath, '--description', descriptionPath],
    { cwd: folder, env: { PATH: process.env.PATH, ...TEST_CREDENTIALS_ENV }, stdio: 'ignore' },
  );
  const ended = once(server, 'exit');
  try {
    await untilListening(socketPath);
    const description: unknown = JSON.parse(await readFile(descriptionPath, 'utf8'));
    const gateway = await startGateway({
      config: stringify(projectKongYml()),
      proxyPort: 0,
      adminPort: 0,
      pluginServers: [{ socketPath, description }],
      env: { AWS_REGION: 'us-east-1', KINESIS_ENDPOINT: kinesis.url },
      log: pino({ level: 'silent' }),
    });
    try {
      const answer = await postEvent(gateway.proxyUrl, { type: 'click' });
      expect(answer.status, answer.text).toBe(200);
      expect(eventOf(kinesis.calls.at(-1)!)).toMatchObject({ type: 'click', ip: '127.0.0.1' });
    } finally {
      await gateway.close();
    }
  } finally {
    server.kill('SIGTERM');
    await ended;
    await kinesis.close();
  }
});

test('kinesis-ingest-micro takes an event and shows it, with what the package brings, and ends without a trace', async () => {
  const [PROXY_PORT, ADMIN_PORT, KINESIS_PORT, VIEW_PORT] = (await freePorts(4)).map(String);
  const micro = spawn(bin('kinesis-ingest-micro'), ['--demo'], {
    cwd: folder,
    env: { PATH: process.env.PATH, TMPDIR: folder, PROXY_PORT, ADMIN_PORT, KINESIS_PORT, VIEW_PORT },
  });
  const ended = once(micro, 'exit');
  let said = '';
  micro.stdout.on('data', (chunk) => {
    said += chunk;
  });
  try {
    await until('it is up', () => said.includes('Ctrl-C ends everything') || micro.exitCode !== null);
    const answer = await postEvent(`http://127.0.0.1:${PROXY_PORT}`, { type: 'click' });
    expect(answer.status, answer.text).toBe(200);
    const view = `http://127.0.0.1:${VIEW_PORT}`;
    const { events } = (await send(`${view}/events/wait`, { method: 'GET' })).json() as { events: object[] };
    expect(events).toMatchObject([{ outcome: 'stored', event: { type: 'click', ip: '127.0.0.1' } }]);
    const paths = ['/', '/view.js', '/view.css', '/openapi.yaml', '/shop/', '/shop/clickstream.js'];
    for (const path of paths)
      expect((await send(`${view}${path}`, { method: 'GET' })).status, path).toBe(200);
  } finally {
    micro.kill('SIGTERM');
  }
  expect(await ended).toEqual([0, null]);
  expect((await readdir(folder)).filter((name) => name.startsWith('kong-sandbox'))).toEqual([]);
});

test.each(['kong-pluginserver', 'load-kong-yml', 'kinesis-ingest-preflight', 'kinesis-ingest-micro'])(
  '%s runs',
  async (name) => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    expect((await run(bin(name), ['--version'])).stdout).toBe(`${version}\n`);
  },
);

test('what it brings is what runs in production', async () => {
  const installed = path.join(folder, 'node_modules', 'kong-plugin-kinesis-ingest');
  const files = (await run('find', ['.', '-type', 'f'], { cwd: installed })).stdout.split('\n');
  expect(files).toContain('./dist/front/kong/plugins/kinesis-ingest/handler.lua');
  expect(
    files.filter((file) =>
      /^\.\/(test|testkit|sandbox|load|view)\/|^\.\/dist\/(load|demo|examples)\/|\.test\./.test(file),
    ),
  ).toEqual([]);
});
