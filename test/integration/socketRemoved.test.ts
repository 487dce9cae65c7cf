/** Somebody removes the socket of a server that runs. */

import fs from 'node:fs/promises';
import path from 'node:path';
import { describe, type ExpectStatic, it } from 'vitest';
import { connectKong, type KongSide } from '../support/pluginserver/kongSide';
import { type ServerProcess, workspace } from '../support/pluginserver/serverProcess';
import { until } from '../support/until';

const BODY = { 'kong.request.get_raw_body': { content: Buffer.from('{}') } };
const GONE = 'the socket is gone: making it anew';

const isThere = (file: string) => fs.stat(file).catch(() => undefined);

async function expectServed(kong: KongSide, expect: ExpectStatic): Promise<void> {
  expect((await kong.event(await kong.start({}, 'probe'), BODY)).end).toBe('returned');
}

const linesAbout = (server: ServerProcess, message: string) =>
  server.logged().filter(({ msg }) => msg === message);

describe.concurrent.each(['1', '3'])('a removed socket, with %s workers', (workers) => {
  it('is made anew with its permissions, and open connections go on', async (context) => {
    const { expect } = context;
    const place = workspace(context.onTestFinished);
    const server = await place.serve('--workers', workers, '--socket-mode', '0604');
    const open = await connectKong(place.socket);
    for (let removal = 1; removal <= 2; removal++) {
      await fs.rm(place.socket);
      const { mode } = await until('the socket is there again', () => isThere(place.socket));
      expect(mode & 0o777).toBe(0o604);
      await expectServed(open, expect);
      // Enough of them for every worker.
      const anew = await Promise.all(Array.from({ length: 12 }, () => connectKong(place.socket)));
      for (const kong of anew) await expectServed(kong, expect);
      for (const { socket } of anew) socket.destroy();
    }
    expect(linesAbout(server, GONE)[0]).toMatchObject({ level: 40, socket: place.socket });
    open.socket.destroy();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(await fs.readdir(place.folder)).toEqual([]);
  });

  it('comes back with its folder, the description too', async (context) => {
    const { expect } = context;
    const place = workspace(context.onTestFinished);
    const folder = path.join(place.folder, 'run');
    const files = ['probe.json', 's'].map((name) => path.join(folder, name)) as [string, string];
    await fs.mkdir(folder);
    const server = await place.serve('--workers', workers, '--socket', files[1], '--description', files[0]);
    await fs.rm(folder, { recursive: true });
    await until('it has been tried', () => linesAbout(server, 'the socket cannot be made anew').length > 0);
    await fs.mkdir(folder);
    await until('the socket is there again', () => isThere(files[1]));
    expect((await fs.readdir(folder)).sort()).toEqual(['probe.json', 's']);
    const kong = await connectKong(files[1]);
    await expectServed(kong, expect);
    kong.socket.destroy();
  });
});

describe('a removed socket', () => {
  it('is served by all workers, those that are replaced afterwards too', async (context) => {
    const { expect } = context;
    const place = workspace(context.onTestFinished);
    const server = await place.serve('--workers', '2');
    const { pid } = server.child;
    const workers = async () =>
      (await fs.readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number);
    const first = await workers();
    await fs.rm(place.socket);
    const { ino } = await until('the socket is there again', () => isThere(place.socket));
    process.kill(first[0]!, 'SIGKILL');
    await until('it is replaced', async () => {
      const now = await workers();
      return now.length === 2 && !now.includes(first[0]!);
    });
    // Only the new one is left.
    process.kill(first[1]!, 'SIGSTOP');
    const kong = await connectKong(place.socket);
    await expectServed(kong, expect);
    kong.socket.destroy();
    process.kill(first[1]!, 'SIGCONT');
    expect((await fs.stat(place.socket)).ino).toBe(ino);
  });
});
