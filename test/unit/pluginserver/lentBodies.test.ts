/** Bodies whose memory the plugin uses again: not before Kong has them. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { KinesisIngest } from '../../../plugins/kinesis-ingest/KinesisIngest';
import type { LentBytes } from '../../../pluginserver/pdk';
import { hostAccess } from '../../support/pluginserver/hostAccess';
import { hostPlugin, pluginOf } from '../../support/pluginserver/hostPlugin';
import type { KongSide, Outcome } from '../../support/pluginserver/kongSide';
import { until } from '../../support/until';

afterEach(() => vi.unstubAllEnvs());

const SET_RAW_BODY = 'kong.service.request.set_raw_body';
const bodyOf = ({ calls }: Outcome) => calls.find(([name]) => name === SET_RAW_BODY)![1][0] as Buffer;

describe.each([4_096, 70_000, 300_000, 3_000_000])('a lent body of %i bytes', (bytes) => {
  /** Its owner writes over it as soon as it may. */
  function lend(onTaken: () => void): LentBytes {
    const body: Buffer & LentBytes = Buffer.alloc(bytes, 'a');
    body.taken = () => {
      body.fill('b');
      onTaken();
    };
    return body;
  }

  it('is taken, and Kong has what it was before', async () => {
    let taken = 0;
    const { kong, instance } = await hostAccess(({ service }) =>
      service.request.setRawBody(lend(() => taken++)),
    );
    for (const event of [1, 2]) {
      const outcome = await kong.event(instance);
      expect(bodyOf(outcome).equals(Buffer.alloc(bytes, 'a'))).toBe(true);
      await until('it is taken', () => taken === event);
    }
  });

  it('is taken only when it has left, however long Kong does not read', async () => {
    let taken = 0;
    const { kong, instance, end } = await hostAccess(({ service }) =>
      service.request.setRawBody(lend(() => taken++)),
    );
    kong.socket.pause();
    const event = kong.event(instance);
    await until('it is written', () => end.socket.bytesWritten > bytes);
    expect(taken).toBe(end.socket.writableLength === 0 ? 1 : 0);
    kong.socket.resume();
    expect(bodyOf(await event).equals(Buffer.alloc(bytes, 'a'))).toBe(true);
    await until('it is taken', () => taken === 1);
  });

  it('is not taken where Kong goes away before', async () => {
    let taken = 0;
    const { kong, instance, end } = await hostAccess(({ service }) =>
      service.request.setRawBody(lend(() => taken++)),
    );
    kong.socket.pause();
    kong.sendEvent(instance);
    await until('it is written', () => end.socket.bytesWritten > bytes);
    const left = end.socket.writableLength === 0;
    kong.socket.destroy();
    await until('the server has seen it', () => end.socket.closed);
    expect(taken).toBe(left ? 1 : 0);
  });
});

it('a lent body whose owner fails at taking it back is an error in the log, and nothing else', async () => {
  const { host, kong, instance } = await hostAccess(({ service }) => {
    const body: Buffer & LentBytes = Buffer.alloc(70_000, 'a');
    body.taken = () => {
      throw new Error('no place for it');
    };
    return service.request.setRawBody(body);
  });
  for (const event of [1, 2]) {
    expect(await kong.event(instance)).toMatchObject({ end: 'returned' });
    await until(
      'it is logged',
      () => host.logged.filter(({ msg }) => msg === 'the plugin failed').length === event,
    );
  }
  expect(host.logged.at(-1)).toMatchObject({ err: { message: 'no place for it' } });
});

it('events that Kong is slow to read get their own bodies, whatever is sent in the meantime', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example-secret');
  const host = await hostPlugin({ ...pluginOf({}), Plugin: KinesisIngest });
  const kongs: KongSide[] = [];
  for (let i = 0; i < 6; i++) kongs.push(await host.connect());
  const instance = await kongs[0]!.start({ region: 'us-east-1', stream: 'clickstream' });

  /** @param isSlow whether it stops reading once it has answered what comes before the body */
  async function send(kong: KongSide, name: string, isSlow = false): Promise<void> {
    const outcome = await kong.event(instance, {
      'kong.client.get_forwarded_ip': '192.0.2.1',
      'kong.nginx.get_var': 'POST /events HTTP/1.1',
      'kong.request.get_headers': { 'content-type': 'application/json' },
      get 'kong.request.get_raw_body'() {
        if (isSlow) kong.socket.pause();
        return { content: Buffer.from(JSON.stringify({ name })) };
      },
    });
    const { Data } = JSON.parse(bodyOf(outcome).toString()) as { Data: string };
    const landed = JSON.parse(Buffer.from(Data, 'base64').toString()) as { name: string };
    expect(landed.name === name).toBe(true);
  }

  const nameOf = (round: number, i: number) => `${round}.${i};`.repeat(1_000 + 30_000 * (i % 3));
  for (let round = 0; round < 10; round++) {
    const written = host.connections.map(({ socket }) => socket.bytesWritten);
    const slow = [0, 1, 2].map((i) => send(kongs[i]!, nameOf(round, i), true));
    await until('the slow ones’ bodies are on their way', () =>
      [0, 1, 2].every(
        (i) => host.connections[i]!.socket.bytesWritten > written[i]! + nameOf(round, i).length,
      ),
    );
    await Promise.all([3, 4, 5].map((i) => send(kongs[i]!, nameOf(round, i))));
    for (const kong of kongs) kong.socket.resume();
    await Promise.all(slow);
  }
});
