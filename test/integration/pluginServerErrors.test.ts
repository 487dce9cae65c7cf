/** Errors outside of any event, after which the process's state is unknown; and failed calls, which are none of them. */

import fs from 'node:fs/promises';
import { describe, it } from 'vitest';
import { connectKong } from '../support/pluginserver/kongSide';
import { BODY, beginEvent, finishEvent, runEvent } from '../support/pluginserver/probe';
import { workspace } from '../support/pluginserver/serverProcess';
import { until } from '../support/until';

describe.concurrent('the plugin server, after an error that nobody caught', () => {
  it.for([
    ['throw later', 'uncaught error'],
    ['reject later', 'unhandled rejection'],
  ] as const)('finishes what it has begun and ends with 1: %s', async ([does, msg], context) => {
    const { expect } = context;
    const place = workspace(context.onTestFinished);
    const server = await place.serve();
    const running = await beginEvent(place.socket);
    expect(await runEvent(place.socket, { does })).toBe('returned');
    await until('the socket is gone', async () => (await fs.readdir(place.folder)).length === 0);
    expect(server.child.exitCode).toBe(null);
    await finishEvent(running, expect);
    expect(await server.ended).toBe(1);
    expect(server.logged().filter(({ level }) => Number(level) > 30)).toMatchObject([
      { level: 60, msg, err: { message: 'outside of any event' } },
    ]);
  });

  it('is one worker less for a moment, where there are several', async (context) => {
    const { expect } = context;
    const place = workspace(context.onTestFinished);
    const server = await place.serve('--workers', '2');
    expect(await runEvent(place.socket, { does: 'throw later' })).toBe('returned');
    const ended = await until('the worker has ended', () =>
      server.logged().find(({ msg }) => msg === 'a worker ended and is replaced'),
    );
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(await runEvent(place.socket)).toBe('returned');
  });
});

describe('a client that goes away', () => {
  it('ends no process, not even where a plugin has built on a call that nobody waits for', async (context) => {
    const { expect } = context;
    const place = workspace(context.onTestFinished);
    const server = await place.serve();
    const kong = await connectKong(place.socket);
    kong.sendEvent(await kong.start({ does: 'build on a call and wait for nothing' }, 'probe'));
    for (const frame of ['kong.request.get_raw_body', '']) expect(String(await kong.frame())).toBe(frame);
    kong.send(Buffer.alloc(0));
    for (const frame of ['kong.request.get_path', '']) expect(String(await kong.frame())).toBe(frame);
    kong.socket.destroy();
    const warning = await until('the failed call is logged', () =>
      server.logged().find(({ msg }) => msg === 'a failed PDK call was not handled'),
    );
    expect(warning).toMatchObject({ level: 40, err: { code: 'ERR_CONNECTION_CLOSED' } });
    const next = await connectKong(place.socket);
    expect(await next.event(await next.start({}, 'probe'), BODY)).toMatchObject({ end: 'returned' });
    expect(server.child.exitCode).toBe(null);
  });
});
