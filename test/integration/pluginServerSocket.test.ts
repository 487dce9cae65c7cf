/** The plugin server’s socket under connections, and from one server to the next. */

import fs from 'node:fs/promises';
import { describe, it } from 'vitest';
import { connectKong } from '../support/pluginserver/kongSide';
import { BODY, beginEvent, finishEvent, runEvent } from '../support/pluginserver/probe';
import { workspace } from '../support/pluginserver/serverProcess';
import { until } from '../support/until';

describe('the plugin server, standing still', () => {
  it('takes a thousand connections all the same, and serves them once it goes on', async (context) => {
    const { expect } = context;
    const space = workspace(context.onTestFinished);
    const server = await space.serve();
    server.child.kill('SIGSTOP');
    const connecting = Array.from({ length: 1_000 }, () => connectKong(space.socket));
    const kongs = await Promise.all(connecting);
    server.child.kill('SIGCONT');
    const { end } = await kongs[999]!.event(await kongs[999]!.start({}, 'probe'), BODY);
    for (const { socket } of kongs) socket.destroy();
    expect(end).toBe('returned');
  });
});

describe.concurrent('the socket', () => {
  it('is taken over by a second server without a moment in which connecting fails', async (context) => {
    const { expect } = context;
    const place = workspace(context.onTestFinished);
    const first = await place.serve();
    const running = await beginEvent(place.socket);
    const { ino } = await fs.stat(place.socket);

    const attempts = { made: 0, failed: [] as unknown[], over: false };
    const connecting = (async () => {
      while (!attempts.over) {
        attempts.made++;
        await runEvent(place.socket).then(
          (end) => end === 'returned' || attempts.failed.push(`the event: ${end}`),
          (error) => attempts.failed.push(error),
        );
      }
    })();
    const second = await place.serve();
    const taken = await fs.stat(place.socket);
    expect(taken.ino).not.toBe(ino);

    first.child.kill('SIGTERM');
    await until('the first drains', () => first.logged().some(({ msg }) => msg === 'stopping'));
    expect(first.child.exitCode).toBeNull();
    await finishEvent(running, expect);
    expect(await first.ended).toBe(0);
    const before = attempts.made;
    await until('more connections were made', () => attempts.made > before + 20);
    attempts.over = true;
    await connecting;
    expect(attempts.failed).toEqual([]);
    expect((await fs.stat(place.socket)).ino).toBe(taken.ino);

    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
    expect(await fs.readdir(place.folder)).toEqual([]);
  });

  it('that a killed server has left behind is replaced', async (context) => {
    const { expect } = context;
    const place = workspace(context.onTestFinished);
    const killed = await place.serve();
    killed.child.kill('SIGKILL');
    expect(await killed.ended).toBe('SIGKILL');
    await expect(connectKong(place.socket)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await place.serve();
    expect(await runEvent(place.socket)).toBe('returned');
    expect(await fs.readdir(place.folder)).toEqual(['p.sock']);
  });
});
