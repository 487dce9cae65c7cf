import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Kong } from '../../../../pluginserver/pdk';
import { hostPlugin, pluginOf } from '../../../support/pluginserver/hostPlugin';
import { kongDecode, kongEncode } from '../../../support/pluginserver/kongProtocol';
import { until } from '../../../support/until';

const readPath = pluginOf({ access: ({ request }: Kong) => request.getPath() });
const ANSWERS = { 'kong.request.get_path': '/' };

describe('a connection that does not speak the protocol', () => {
  const oversized = Buffer.alloc(4);
  oversized.writeUInt32LE(5000);
  it.each([
    ['an empty frame', Buffer.alloc(4)],
    ['text', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.padEnd(6000))],
    ['a call without a command', Buffer.from([2, 0, 0, 0, 0x08, 0x01])],
    ['a frame over the limit', Buffer.concat([oversized, Buffer.alloc(5000)])],
  ])('%s: it is closed, and no other is', async (_, bytes) => {
    const host = await hostPlugin(readPath, { maxFrameBytes: 4096 });
    const [bad, good] = [await host.connect(), await host.connect()];
    const id = await good.start();
    good.sendEvent(id);
    await good.frame();
    await good.frame();
    bad.socket.end(bytes);
    await bad.untilClosed();
    await until('the server has closed it', () => host.connections[0]!.socket.destroyed);
    good.send(kongEncode('String', { v: '/' }));
    expect(await good.frame()).toEqual(Buffer.alloc(0));
    expect(kongDecode('RpcReturn', await good.frame())).toMatchObject({ sequence: 2 });
    expect(await good.event(id, ANSWERS)).toMatchObject({ end: 'returned' });
  });

  it('has nothing carried out that follows the bad frame', async () => {
    const host = await hostPlugin(readPath);
    const kong = await host.connect();
    const start = kongEncode('RpcCall', {
      sequence: 1,
      cmd_start_instance: { name: 'test-plugin', config: Buffer.from('{}') },
    });
    const header = Buffer.alloc(4);
    header.writeUInt32LE(start.length);
    kong.socket.write(Buffer.concat([Buffer.alloc(4), header, start]));
    await kong.untilClosed();
    expect(host.instances.size).toBe(0);
  });

  it('sends a frame during an event that nothing had asked for: it is closed, the event is released', async () => {
    let never: Promise<unknown> | undefined;
    const host = await hostPlugin(
      pluginOf({
        access: () => {
          never = new Promise(() => undefined);
          return never;
        },
      }),
    );
    const kong = await host.connect();
    const id = await kong.start();
    kong.sendEvent(id);
    await until('the event runs', () => never !== undefined);
    expect(host.connections[0]!.runningEvents).toBe(1);
    kong.sendEvent(id);
    await kong.untilClosed();
    expect(host.connections[0]!.runningEvents).toBe(0);
  });
});

describe('frames from Kong', () => {
  it.each([1, 2, 3])('may come %i bytes at a time', async (size) => {
    const host = await hostPlugin(readPath);
    const kong = await host.connect();
    const id = await kong.start();
    const dribble = async (message: Buffer) => {
      const header = Buffer.alloc(4);
      header.writeUInt32LE(message.length);
      const bytes = Buffer.concat([header, message]);
      for (let at = 0; at < bytes.length; at += size) {
        kong.socket.write(bytes.subarray(at, at + size));
        await setImmediate();
      }
    };
    await dribble(
      kongEncode('RpcCall', { sequence: 2, cmd_handle_event: { instance_id: id, event_name: 'access' } }),
    );
    expect([String(await kong.frame()), String(await kong.frame())]).toEqual(['kong.request.get_path', '']);
    await dribble(kongEncode('String', { v: '/dribbled' }));
    expect(await kong.frame()).toEqual(Buffer.alloc(0));
    expect(kongDecode('RpcReturn', await kong.frame())).toEqual({ sequence: 2 });
  });
});

describe('Kong going away during an event', () => {
  it.each(['closes', 'resets'])(
    '%s the connection: calls are rejected, the event is over, others serve on',
    async (how) => {
      const seen: unknown[] = [];
      const size = how === 'closes' ? 0 : 1_000_000;
      let earlier: Kong | undefined;
      const host = await hostPlugin(
        pluginOf({
          access: async (kong: Kong) => {
            earlier ??= kong;
            await kong.service.request.setRawBody(Buffer.alloc(size));
            await kong.request.getPath().catch((error) => {
              seen.push(error);
              throw error;
            });
          },
        }),
      );
      const kong = await host.connect();
      const id = await kong.start();
      const { socket } = host.connections[0]!;
      if (how === 'closes') {
        kong.sendEvent(id);
        for (let i = 0; i < 4; i++) await kong.frame();
        kong.socket.destroy();
      } else {
        // A Unix socket that is closed over bytes that nobody has read resets its peer.
        kong.socket.pause();
        kong.sendEvent(id);
        await until('the server has written', () => socket.bytesWritten > size);
        kong.socket.destroy();
      }
      await until('the call is rejected', () => seen.length > 0);
      const failures = host.logged.filter(({ msg }) => msg === 'connection failed').map(({ err }) => err);
      expect(failures).toEqual(
        how === 'resets'
          ? [expect.objectContaining({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) })]
          : [],
      );
      expect(seen).toEqual([expect.objectContaining({ code: 'ERR_CONNECTION_CLOSED' })]);
      expect(host.connections[0]!.runningEvents).toBe(0);
      await expect(earlier!.request.getPath()).rejects.toMatchObject({ code: 'ERR_EVENT_OVER' });
      expect(host.logged.filter(({ level }) => level === 50)).toEqual([]);
      const next = await host.connect();
      expect(await next.event(id, ANSWERS)).toMatchObject({ end: 'returned' });
    },
  );
});

describe('draining', () => {
  it('closes an idle connection at once and a busy one after its event', async () => {
    const host = await hostPlugin(readPath);
    const [idle, busy] = [await host.connect(), await host.connect()];
    const id = await busy.start();
    const sequence = busy.sendEvent(id);
    await busy.frame();
    await busy.frame();
    for (const connection of host.connections) connection.drain();
    await idle.untilClosed();
    expect(busy.closed).toBe(false);
    busy.send(kongEncode('String', { v: '/' }));
    expect(await busy.frame()).toEqual(Buffer.alloc(0));
    expect(kongDecode('RpcReturn', await busy.frame())).toEqual({ sequence });
    await busy.untilClosed();
  });

  it('leaves a call alone that crosses our end: Kong repeats it on the next server', async () => {
    let events = 0;
    const host = await hostPlugin(pluginOf({ access: () => void events++ }));
    const kong = await host.connect();
    const id = await kong.start();
    host.connections[0]!.drain();
    kong.sendEvent(id);
    await kong.untilClosed();
    expect([events, kong.unread]).toEqual([0, []]);
  });
});
