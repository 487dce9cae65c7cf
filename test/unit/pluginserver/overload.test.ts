/** Events that there is no memory for, on both ways by which Kong hands them over. */

import { describe, expect, it } from 'vitest';
import type { Kong } from '../../../pluginserver/pdk';
import { CONNECTION_BYTES, createWorkBudget, type WorkBudget } from '../../../pluginserver/workBudget';
import { connectFront, type Given } from '../../support/pluginserver/frontSide';
import { type Host, hostPlugin, pluginOf } from '../../support/pluginserver/hostPlugin';
import { kongEncode } from '../../support/pluginserver/kongProtocol';
import { until } from '../../support/until';

const READS = { access: ['kong.request.get_raw_body'] };
const SMALL = Buffer.alloc(100, 'x');
const LARGE = Buffer.alloc(200_000, 'x');
/** A larger body than an eighth of this is too much. */
const LIMIT = 1_000_000;

type Served = Host & { budget: WorkBudget };

interface Seen {
  status: number;
  retryAfter: string | undefined;
  code: string;
}

interface Way {
  event(body: Buffer): Promise<Seen | 'returned'>;
  /** Sends an event and goes away before the body is whole. */
  cut(body: Buffer): Promise<void>;
}

function seen(status: unknown, body: unknown, headers: unknown): Seen {
  const { error } = JSON.parse(String(body)) as { error: { code: string } };
  return {
    status: Number(status),
    retryAfter: (headers as Record<string, string>)['retry-after'],
    code: error.code,
  };
}

const WAYS: [string, (socketPath: string, host: Served) => Promise<Way>][] = [
  [
    'ProtoBuf:1',
    async (_, host) => ({
      async event(content) {
        const kong = await host.connect();
        const { end, exit } = await kong.event(await kong.start({}), {
          'kong.request.get_raw_body': { content },
        });
        return end === 'exit' ? seen(exit!.status, exit!.body, exit!.headers) : 'returned';
      },
      async cut(content) {
        const kong = await host.connect();
        kong.sendEvent(await kong.start({}));
        await kong.frame();
        await kong.frame();
        const answer = kongEncode('RawBodyResult', { content });
        const head = Buffer.alloc(4);
        head.writeUInt32LE(answer.length);
        kong.socket.write(Buffer.concat([head, answer.subarray(0, 1000)]));
        await until('the frame is counted', () => host.budget.used > LARGE.length);
        kong.socket.destroy();
      },
    }),
  ],
  [
    'the front',
    async (socketPath, host) => ({
      async event(body) {
        const kong = await connectFront(socketPath);
        const { calls } = await kong.event({ config: '{}', reads: READS, values: valuesOf(body) });
        const [name, ...args] = calls.at(-1) ?? [];
        return name === 'kong.response.exit' ? seen(args[0], args[1], args[2]) : 'returned';
      },
      async cut(body) {
        const kong = await connectFront(socketPath);
        const head = Buffer.from('FRN2\0\0\0\0\0\0\0\0');
        head.writeUInt32LE(body.length, 8);
        kong.socket.write(Buffer.concat([head, body.subarray(0, 1000)]));
        await until('the frame is counted', () => host.budget.used > LARGE.length);
        kong.socket.destroy();
      },
    }),
  ],
];

const valuesOf = (body: Buffer): Given['values'] => [['s', body.toString('latin1')]];

async function serve(way: (typeof WAYS)[number][1], budget: WorkBudget, access?: (kong: Kong) => unknown) {
  let bodies = 0;
  const plugin = pluginOf(
    {
      access: async (kong) => {
        await kong.request.getRawBody();
        bodies++;
        await access?.(kong);
      },
    },
    ['access'],
    'test-plugin',
    READS,
  );
  const host = Object.assign(await hostPlugin(plugin, { budget }), { budget });
  return { host, kong: await way(host.socketPath, host), bodies: () => bodies };
}

/** But for the connections themselves. */
const untilNothingIsHeld = ({ budget, connections }: Served) =>
  until('nothing is held', () => {
    const open = connections.filter(({ socket }) => !socket.closed).length;
    return budget.used === open * CONNECTION_BYTES;
  });

describe.each(WAYS)('over %s', (_, way) => {
  it('a body that there is no memory for is answered 503 with Retry-After, and no plugin sees it', async () => {
    const { kong, bodies } = await serve(way, createWorkBudget(LIMIT));
    expect(await kong.event(LARGE)).toEqual({ status: 503, retryAfter: '1', code: 'overloaded' });
    expect(bodies()).toBe(0);
  });

  it('a small one is taken however little memory is left', async () => {
    const budget = createWorkBudget(LIMIT);
    budget.reserve().add(LIMIT);
    const { kong, bodies } = await serve(way, budget);
    expect(await kong.event(SMALL)).toBe('returned');
    expect(await kong.event(LARGE)).toMatchObject({ status: 503 });
    expect(bodies()).toBe(1);
  });

  it('a body counts while its event runs, and no longer', async () => {
    const budget = createWorkBudget(LIMIT * 10);
    const during: number[] = [];
    const { host, kong } = await serve(way, budget, () => void during.push(budget.used));
    for (let i = 0; i < 3; i++) expect(await kong.event(LARGE)).toBe('returned');
    expect(during).toHaveLength(3);
    for (const used of during) expect(used).toBeGreaterThanOrEqual(LARGE.length);
    await untilNothingIsHeld(host);
  });

  it('a body that never comes whole counts until its connection is closed', async () => {
    const budget = createWorkBudget(LIMIT * 10);
    const { host, kong } = await serve(way, budget);
    await kong.cut(LARGE);
    await untilNothingIsHeld(host);
  });

  it('what Kong does not read counts until it is written', async () => {
    const budget = createWorkBudget(LIMIT * 10);
    const reply = Buffer.alloc(4_000_000, 'y');
    const afterwards: number[] = [];
    const { host, kong } = await serve(way, budget, async ({ service }) => {
      await service.request.setRawBody(reply);
      // Written as far as the socket takes it at once, and the event is over.
      setImmediate(() => afterwards.push(budget.used));
    });
    expect(await kong.event(SMALL)).toBe('returned');
    expect(afterwards[0]).toBeGreaterThanOrEqual(reply.length);
    await untilNothingIsHeld(host);
  });
});
