/** Requests that fail by the thousand must not fill a disk. */

import { expect, test } from 'vitest';
import { connectKong } from '../support/pluginserver/kongSide';
import { runEvent } from '../support/pluginserver/probe';
import { workspace } from '../support/pluginserver/serverProcess';

const STORM = 500;

test('a storm of each failure of the plugin server is one line, and a number when it ends', async (context) => {
  const place = workspace(context.onTestFinished);
  const server = await place.serve();
  for (let i = 0; i < STORM; i++) {
    await runEvent(place.socket, { does: 'throw' });
    const refused = await connectKong(place.socket);
    await refused.start({ refuse: true }, 'probe').catch(() => undefined);
    const garbage = await connectKong(place.socket);
    garbage.send(Buffer.from('garbage'));
    await garbage.untilClosed();
    const leaving = await connectKong(place.socket);
    leaving.sendEvent(await leaving.start({}, 'probe'));
    await leaving.frame();
    leaving.socket.destroy();
  }
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);

  const lines = server.logged().filter(({ level }) => (level as number) >= 40);
  for (const message of [
    'the plugin failed',
    'instance not started',
    'closing a connection that does not speak the protocol',
    'Kong closed the connection without answering; its error log has the reason',
  ]) {
    const own = lines.filter(({ msg }) => msg === message);
    const told = own.reduce((sum, { repeated }) => sum + ((repeated as number | undefined) ?? 1), 0);
    expect(told, message).toBeGreaterThanOrEqual(STORM);
  }
  expect(lines.length).toBeLessThan(60);
}, 60_000);
