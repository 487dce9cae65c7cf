/** The stack of docker-compose.yml itself, started by testcontainers for the integration suite. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DockerComposeEnvironment, type StartedTestContainer, Wait } from 'testcontainers';
import { stringify } from 'yaml';
import type { KongYml } from '../../testkit/kongYml';
import { forwardToLoopback } from './forwardToLoopback';
import { freePorts } from './freePorts';

export interface DockerStackOptions {
  kongYml: KongYml;
  /** Of the Kong nodes. An endpoint on loopback is made reachable for containers. Default: LocalStack. */
  env?: Record<string, string>;
  pluginServerEnv?: Record<string, string>;
  pluginServerArgs?: string[];
}

export interface DockerStack {
  /** The balancer. */
  proxyUrl: string;
  /** Of each node. */
  adminUrls: readonly [string, string];
  /** LocalStack. */
  kinesisUrl: string;
  /** @param service as in docker-compose.yml */
  container(service: string): StartedTestContainer;
  stop(): Promise<void>;
}

const NODES = ['kong-1', 'kong-2'];
const PLUGIN_SERVERS = ['plugin-server-1', 'plugin-server-2'];
/** Of the addresses for benchmarks (RFC 2544): Docker gives none of them to a network, and another run has others. */
const FRONT = `198.18.${process.pid % 250}`;
/** Images are pulled and built the first time. */
const STARTUP_TIMEOUT_MS = 300_000;

export async function startDockerStack(options: DockerStackOptions): Promise<DockerStack> {
  const folder = await mkdtemp(path.join(tmpdir(), 'stack-'));
  const [proxy, admin, otherAdmin, kinesis] = (await freePorts(4)).map(String) as [
    string,
    string,
    string,
    string,
  ];
  const { KINESIS_ENDPOINT, ...env } = options.env ?? {};
  const forwarded = KINESIS_ENDPOINT === undefined ? undefined : await forwardToLoopback(KINESIS_ENDPOINT);
  await writeFile(path.join(folder, 'kong.yml'), stringify(options.kongYml));
  await writeFile(path.join(folder, 'for-tests.yml'), stringify(overrides({ ...options, env })));

  async function cleanUp() {
    await forwarded?.close();
    await rm(folder, { recursive: true, force: true });
  }

  try {
    const started = await new DockerComposeEnvironment(process.cwd(), [
      'docker-compose.yml',
      path.join(folder, 'for-tests.yml'),
    ])
      .withBuild()
      .withEnvironment({
        PROXY_PORT: proxy,
        ADMIN_PORT: admin,
        ADMIN_PORT_2: otherAdmin,
        KINESIS_PORT: kinesis,
        FRONT_SUBNET: `${FRONT}.0/24`,
        BALANCER_ADDRESS: `${FRONT}.10`,
        KONG_YML: path.join(folder, 'kong.yml'),
        ...(forwarded && { KINESIS_ENDPOINT: forwarded.url }),
      })
      .withDefaultWaitStrategy(Wait.forHealthCheck())
      .withStartupTimeout(STARTUP_TIMEOUT_MS)
      .up();
    return {
      proxyUrl: `http://127.0.0.1:${proxy}`,
      adminUrls: [`http://127.0.0.1:${admin}`, `http://127.0.0.1:${otherAdmin}`],
      kinesisUrl: `http://127.0.0.1:${kinesis}`,
      container: (service) => started.getContainer(`${service}-1`),
      async stop() {
        await started.down({ removeVolumes: true });
        await cleanUp();
      },
    };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

/** What tests need beside docker-compose.yml, laid over it. */
function overrides({ env, pluginServerEnv = {}, pluginServerArgs = [] }: DockerStackOptions) {
  // Where the capturing Kinesis of a test is: on the host.
  const extra_hosts = ['host.docker.internal:host-gateway'];
  const nodes = NODES.map((name) => [name, { extra_hosts, environment: env ?? {} }]);
  const pluginServers = PLUGIN_SERVERS.map((name) => [
    name,
    {
      extra_hosts,
      environment: pluginServerEnv,
      // Then the plugin server isn't process 1, which can't be killed from within.
      init: true,
      command: ['--socket-mode', '0666', '--metrics', '0.0.0.0:9464', ...pluginServerArgs],
    },
  ]);
  return { services: Object.fromEntries([...nodes, ...pluginServers]) };
}
