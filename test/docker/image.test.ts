/** deploy/Dockerfile: the image is built, and runs as docker-compose.yml runs it. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BASE_IMAGE, docker, needsEngine, publishedUrl, remove } from '../support/docker';
import { send } from '../support/http';
import { until } from '../support/until';

const IMAGE = 'kinesis-ingest-test';
const SERVER = 'kinesis-ingest-test-server';
const VOLUME = 'kinesis-ingest-test-socket';
const FOLDER = '/run/kinesis-ingest';
const HARDENED = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true'];
/** Docker kills a container after 10 s. */
const STOPS_WITHIN_MS = 8_000;
const START_MS = 60_000;

/** Runs a program of the image beside the server, as another user, who has the volume too. */
const beside = (...args: string[]) =>
  docker(
    'run',
    '--rm',
    ...HARDENED,
    '--user',
    '1001:1001',
    '-v',
    `${VOLUME}:${FOLDER}`,
    '--entrypoint',
    ...args,
  );

describe('the image', needsEngine, () => {
  beforeAll(async () => {
    await docker(
      ...['build', '--network', 'host', '--build-arg', `NODE_IMAGE=${BASE_IMAGE}`],
      ...['-f', 'deploy/Dockerfile', '-t', IMAGE, '.'],
    );
    await docker(
      ...['run', '--detach', '--name', SERVER, ...HARDENED, '-v', `${VOLUME}:${FOLDER}`],
      ...['-p', '127.0.0.1::9464', '-e', 'AWS_ACCESS_KEY_ID=test', '-e', 'AWS_SECRET_ACCESS_KEY=test'],
      ...[IMAGE, '--plugin', 'kinesis-reply', '--description', `${FOLDER}/kinesis-reply.json`],
    );
  });

  afterAll(() => {
    remove('container', [SERVER]);
    remove('volume', [VOLUME]);
  });

  test('becomes healthy, read-only and without capabilities', async () => {
    await until(
      'the container is healthy',
      async () => (await docker('inspect', '-f', '{{.State.Health.Status}}', SERVER)) === 'healthy',
      START_MS,
    );
  });

  test('doesn’t run as root', async () => {
    expect(await docker('exec', SERVER, 'id', '-un')).toBe('node');
  });

  test.each(['/healthz', '/readyz', '/metrics'])('answers %s', async (path) => {
    const answer = await send((await publishedUrl(SERVER, 9464)) + path, { method: 'GET' });
    expect(answer.status, answer.text).toBe(200);
  });

  test('another user reaches the server through the volume, as Kong does', async () => {
    const said = await beside(
      ...['node', IMAGE, 'dist/tools/preflight/main.js', '--json', '--only', 'plugin-server'],
      ...['--socket', `${FOLDER}/kinesis-ingest.sock`],
    );
    expect(JSON.parse(said)).toMatchObject({ checks: [{ name: 'plugin-server', status: 'pass' }] });
  });

  test.each(['kinesis-ingest', 'kinesis-reply'])('Kong can read the description of %s', async (name) => {
    const { Plugins } = JSON.parse(await beside('cat', IMAGE, `${FOLDER}/${name}.json`));
    expect(Plugins).toMatchObject([{ Name: name }]);
  });

  test('has load-kong-yml, as docker-compose.yml starts it', async () => {
    expect(await beside('node', IMAGE, 'dist/tools/loadKongYml/main.js', '--help')).toMatch(
      /^Usage: load-kong-yml/,
    );
  });

  test('ends in order on SIGTERM, and takes its socket away', async () => {
    const start = performance.now();
    await docker('stop', '--time', '10', SERVER);
    expect(performance.now() - start).toBeLessThan(STOPS_WITHIN_MS);
    expect(await docker('inspect', '-f', '{{.State.ExitCode}}', SERVER)).toBe('0');
    expect(await beside('ls', IMAGE, FOLDER)).not.toContain('.sock');
  });
});

const MICRO = 'kinesis-ingest-test-micro';

describe('the image for tests', needsEngine, () => {
  beforeAll(async () => {
    await docker(
      ...['build', '--network', 'host', '--build-arg', `NODE_IMAGE=${BASE_IMAGE}`],
      ...['-f', 'deploy/Dockerfile', '--target', 'micro', '-t', MICRO, '.'],
    );
    await docker(
      ...['run', '--detach', '--name', MICRO, '--init', ...HARDENED, '--tmpfs', '/tmp'],
      ...['-p', '127.0.0.1::8000', '-p', '127.0.0.1::8080', MICRO, '--demo'],
    );
  });

  afterAll(() => remove('container', [MICRO]));

  test('takes an event and shows it, from outside of the container', async () => {
    await until(
      'the container is healthy',
      async () => (await docker('inspect', '-f', '{{.State.Health.Status}}', MICRO)) === 'healthy',
      START_MS,
    );
    const [gateway, view] = [await publishedUrl(MICRO, 8000), await publishedUrl(MICRO, 8080)];
    const answer = await send(`${gateway}/events`, { body: '{"type":"click"}' });
    expect(answer.status, answer.text).toBe(200);
    const shown = await send(`${view}/events/wait`, { method: 'GET' });
    expect(shown.json()).toMatchObject({ events: [{ outcome: 'stored', name: 'click' }] });
    for (const path of ['/', '/view.js', '/shop/'])
      expect((await send(view + path, { method: 'GET' })).status, path).toBe(200);
  });

  test('ends in order on SIGTERM', async () => {
    const start = performance.now();
    await docker('stop', '--time', '10', MICRO);
    expect(performance.now() - start).toBeLessThan(STOPS_WITHIN_MS);
    expect(await docker('inspect', '-f', '{{.State.ExitCode}}', MICRO)).toBe('0');
  });
});
