/** The integration suite on the containers of docker-compose.yml. */

import { type DockerStackOptions, startDockerStack } from './dockerStack';
import type { GatewayUnderTest, PluginServerUnderTest } from './gateway';

const PLUGIN_SERVERS = ['plugin-server-1', 'plugin-server-2'];

/** Kills what tini, the container's process 1, has started. */
const kill = (signal: NodeJS.Signals) =>
  `kill -s ${signal.slice('SIG'.length)} $(cat /proc/1/task/1/children)`;

export async function startDockerGateway(
  options: DockerStackOptions,
): Promise<Omit<GatewayUnderTest, 'driver'>> {
  const stack = await startDockerStack(options);
  let output = '';
  for (const name of PLUGIN_SERVERS) {
    const log = await stack.container(name).logs();
    log.on('data', (line) => (output += line));
  }
  const pluginServer: PluginServerUnderTest = {
    get pid(): number {
      throw new Error('a process of a container has no id here');
    },
    get output() {
      return output;
    },
    kill(signal) {
      // The connection ends with the process: that is what is asked for.
      for (const name of PLUGIN_SERVERS)
        stack
          .container(name)
          .exec(['sh', '-c', kill(signal)])
          .catch(() => {});
    },
  };
  return {
    proxyUrl: stack.proxyUrl,
    adminUrl: stack.adminUrls[0],
    pluginServer,
    async control(command) {
      if (command !== 'reload')
        throw new Error('a container ends with its stack: see test/integration/stack.test.ts');
      const { exitCode, output: said } = await stack.container('kong-1').exec(['kong', 'reload']);
      if (exitCode !== 0) throw new Error(`kong reload ended with ${exitCode}:\n${said}`);
    },
    stop: stack.stop,
  };
}
