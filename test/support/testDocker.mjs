/** `npm run test:docker`: the integration suite on the containers of docker-compose.yml, where there is a Docker engine. */

import { spawnSync } from 'node:child_process';

/**
 * The files that make sense there. Others compare the client's address, which Docker replaces for clients of its own
 * host, look into the processes of the plugin server, or start Kong with settings of their own.
 */
const FILES = ['stack', 'limits', 'limitKinds', 'pluginServerLoss'].map(
  (name) => `test/integration/${name}.test.ts`,
);

/** @returns why the suite can't run here, if it can't */
function obstacle() {
  for (const args of [
    ['version', '--format', '{{.Server.Version}}'],
    ['compose', 'version', '--short'],
  ]) {
    const { error, status, stdout, stderr } = spawnSync('docker', args, { encoding: 'utf8' });
    if (error) return `docker ${args[0]}: ${error.message}`;
    if (status !== 0) return `docker ${args[0]}: ${stderr.trim().split('\n')[0]}`;
    console.log(`test:docker: docker ${args[0]} ${stdout.trim()}`);
  }
}

const reason = obstacle();
if (reason) {
  console.log(`test:docker: skipped, there is no Docker engine with Compose here (${reason})`);
} else {
  const extra = process.argv.slice(2);
  // Vitest runs each file that one of its arguments names: files that are asked for take the place of these.
  const files = extra.some((each) => each.includes('.test.ts')) ? [] : FILES;
  const args = ['vitest', 'run', '--project', 'integration*', ...files, ...extra];
  const { status } = spawnSync('npx', args, {
    stdio: 'inherit',
    env: { ...process.env, TEST_DRIVER: 'docker' },
  });
  process.exitCode = status ?? 1;
}
