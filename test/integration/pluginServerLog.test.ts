import { describe, it } from 'vitest';
import { kongEncode } from '../support/pluginserver/kongProtocol';
import { connectKong } from '../support/pluginserver/kongSide';
import { BODY } from '../support/pluginserver/probe';
import { workspace } from '../support/pluginserver/serverProcess';

describe.concurrent('the log', () => {
  it('is JSON, and holds neither bodies nor configuration, not even at level trace', async (context) => {
    const { expect } = context;
    const place = workspace(context.onTestFinished);
    const server = await place.serve('--log-level', 'trace');
    const secret = 'of the configuration';
    for (const does of ['nothing', 'throw', 'exit']) {
      const kong = await connectKong(place.socket);
      const id = await kong.start({ does, secret }, 'probe');
      expect((await kong.event(id, BODY)).end).toBe(does === 'nothing' ? 'returned' : 'exit');
      kong.socket.destroy();
      const closing = await connectKong(place.socket);
      closing.send(kongEncode('RpcCall', { sequence: 1, cmd_close_instance: { instance_id: id } }));
      await closing.frame();
      closing.socket.destroy();
    }
    for (const config of [JSON.stringify({ refuse: true, secret }), `secret ${secret}`]) {
      const kong = await connectKong(place.socket);
      await kong.startWith(config, 'probe').catch(() => undefined);
      await kong.untilClosed();
    }
    const garbage = await connectKong(place.socket);
    garbage.send(Buffer.from(`garbage ${secret}`));
    await garbage.untilClosed();
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);

    const messages = server.logged().map(({ msg }) => msg);
    expect(messages).toEqual(
      expect.arrayContaining([
        'plugin server listening',
        'instance started',
        'instance closed',
        'the plugin failed',
      ]),
    );
    expect(messages.filter((msg) => msg === 'instance not started')).toHaveLength(2);
    expect(server.stdout()).not.toMatch(/of the (body|configuration)|secret/);
    expect(server.stderr()).toBe('');
  });
});
