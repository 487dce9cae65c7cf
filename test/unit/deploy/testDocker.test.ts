/** `npm run test:docker` where there is no Docker engine. */

import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/pluginserver/hostPlugin';

function runWith(folder: string, ...args: string[]) {
  return spawnSync(process.execPath, ['test/support/testDocker.mjs', ...args], {
    encoding: 'utf8',
    env: { PATH: folder },
  });
}

test('without a docker command it says so and is skipped', () => {
  const { status, stdout } = runWith(temporaryFolder());
  expect(stdout).toMatch(/^test:docker: skipped, there is no Docker engine.*ENOENT/);
  expect(status).toBe(0);
});

test('with a docker command and no engine it gives docker’s reason', () => {
  const folder = temporaryFolder();
  const docker = path.join(folder, 'docker');
  writeFileSync(docker, '#!/bin/sh\necho "Cannot connect to the Docker daemon" >&2\nexit 1\n');
  chmodSync(docker, 0o755);
  const { status, stdout } = runWith(folder);
  expect(stdout).toMatch(/skipped, .*Cannot connect to the Docker daemon/);
  expect(status).toBe(0);
});

test('runs the files that it is given, else its own', () => {
  const folder = temporaryFolder();
  for (const [name, script] of [
    ['docker', 'echo 1'],
    ['npx', 'echo "npx $*"'],
  ] as const) {
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(path.join(folder, name), 0o755);
  }
  expect(runWith(folder).stdout).toContain('test/integration/stack.test.ts test/integration/limits.test.ts');
  const { stdout } = runWith(folder, 'test/integration/limits.test.ts', '-t', 'per second');
  expect(stdout).toMatch(
    /npx vitest run --project integration\* test\/integration\/limits.test.ts -t per second$/m,
  );
});
