/** A worker that dies while no process can be started: here as its Node.js is not there, else for a limit of processes. */

import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'vitest';
import { needs } from '../support/needs';
import { workspace } from '../support/pluginserver/serverProcess';
import { until } from '../support/until';

/** A server of two workers, of which one has died and could not be started again. */
async function withoutAWorker({ expect, onTestFinished }: TestContext) {
  const folder = await fs.mkdtemp(path.join(tmpdir(), 'node-'));
  onTestFinished(() => fs.rm(folder, { recursive: true }));
  const [node, away] = [path.join(folder, 'node'), path.join(folder, 'away')];
  await fs.copyFile(process.execPath, node);
  const server = await workspace(onTestFinished, node).serve('--workers', '2');
  const { pid } = server.child;
  const workers = async () =>
    (await fs.readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number);
  const [killed, left] = await workers();
  await fs.rename(node, away);
  process.kill(killed!, 'SIGKILL');
  const failure = await until('it has been tried', () =>
    server.logged().find(({ msg }) => msg === 'a worker cannot be started: trying again'),
  );
  expect(failure).toMatchObject({ level: 50, err: { code: 'ENOENT' } });
  expect(await workers()).toEqual([left]);
  return { server, workers, giveBack: () => fs.rename(away, node) };
}

describe('a worker that cannot be started', needs(process.platform === 'linux', 'Linux'), () => {
  it('is tried until it can', async (context) => {
    const { workers, giveBack } = await withoutAWorker(context);
    await giveBack();
    await until('it is replaced', async () => (await workers()).length === 2);
  });

  it('does not keep the server from ending', async (context) => {
    const { server } = await withoutAWorker(context);
    server.child.kill('SIGTERM');
    context.expect(await server.ended).toBe(0);
  });
});
