/** The pipe of the log is open, and nobody reads it. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'vitest';
import { kongEncode } from '../support/pluginserver/kongProtocol';
import { connectKong, type KongSide } from '../support/pluginserver/kongSide';
import { type ServerProcess, workspace } from '../support/pluginserver/serverProcess';
import { until } from '../support/until';

/** Some 130 bytes of log each: more than the pipe and the server keep together. */
const LOGGED_CALLS = 20_000;
/** Calls before their answers are waited for. */
const AT_ONCE = 100;
const BODY = { 'kong.request.get_raw_body': { content: Buffer.from('{}') } };
const ASKED = 'instance asked for';
const DROPPED = 'log lines were dropped: nobody read the log';

/** A server whose log nobody reads any more, which has had to write a line for each call. */
async function filledLog(
  context: TestContext,
  workers: string,
  end: 'pause' | 'destroy',
): Promise<{ server: ServerProcess; kong: KongSide }> {
  const place = workspace(context.onTestFinished);
  const server = await place.serve('--workers', workers, '--log-level', 'debug');
  server.child.stdout![end]();
  const kong = await connectKong(place.socket);
  const call = kongEncode('RpcCall', { sequence: 1, cmd_get_instance_status: { instance_id: 0 } });
  for (let i = 0; i < LOGGED_CALLS; i += AT_ONCE) {
    for (let j = 0; j < AT_ONCE; j++) kong.send(call);
    for (let j = 0; j < AT_ONCE; j++) await kong.frame();
  }
  return { server, kong };
}

describe.each(['1', '2'])('a log that is not read, with %s workers', (workers) => {
  it('holds no event up, and when it is read again says how many lines are missing', async (context) => {
    const { expect } = context;
    const { server, kong } = await filledLog(context, workers, 'pause');
    expect((await kong.event(await kong.start({}, 'probe'), BODY)).end).toBe('returned');

    server.child.stdout!.resume();
    const gaps = () => server.logged().filter(({ msg }) => msg === DROPPED);
    const [gap] = await until('the gap is told', () => (gaps().length > 0 ? gaps() : undefined));
    const kept = server.logged().filter(({ msg }) => msg === ASKED).length;
    expect(gap!.dropped).toBeGreaterThan(LOGGED_CALLS / 4);
    expect(kept).toBeGreaterThan(LOGGED_CALLS / 4);
    // The lines of the instance's start came when there was no room.
    expect(kept + (gap!.dropped as number)).toBe(LOGGED_CALLS + 2);
    kong.socket.destroy();

    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(server.logged().at(-1)).toMatchObject({ msg: 'stopping' });
  });

  it('does not keep the server from ending', async (context) => {
    const { expect } = context;
    const { server } = await filledLog(context, workers, 'pause');
    const ended = once(server.child, 'exit');
    server.child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('may lose its reader altogether', async (context) => {
    const { expect } = context;
    const { server, kong } = await filledLog(context, workers, 'destroy');
    expect((await kong.event(await kong.start({}, 'probe'), BODY)).end).toBe('returned');
    kong.socket.destroy();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  });
});

describe('a log that is not read', () => {
  it('does not keep a worker that ends from being replaced', async (context) => {
    const { expect } = context;
    const { server } = await filledLog(context, '2', 'pause');
    const { pid } = server.child;
    const workers = () =>
      readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
    const [ending] = workers();
    process.kill(ending!, 'SIGTERM');
    await until('it is replaced', () => workers().length === 2 && !workers().includes(ending!));
    const ended = once(server.child, 'exit');
    server.child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});
