import v8 from 'node:v8';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startServer } from '../../../../pluginserver/connection/server';
import { createInstanceRegistry } from '../../../../pluginserver/instances';
import type { Kong } from '../../../../pluginserver/pdk';
import { plentyOfMemory } from '../../../support/plentyOfMemory';
import { capturedLog, pluginOf, temporaryFolder } from '../../../support/pluginserver/hostPlugin';
import { connectKong } from '../../../support/pluginserver/kongSide';
import { until } from '../../../support/until';

const EVENTS = 20_000;
const CONNECTIONS = 8;
const ANSWERS = { 'kong.request.get_path': '/' };

const KINDS = {
  accepted: async ({ request, response }: Kong) => {
    await request.getPath();
    await response.setStatus(200);
  },
  refused: async ({ request, response }: Kong) => {
    await request.getPath();
    await response.exit(400, 'no');
  },
  thrown: async ({ request }: Kong) => {
    request.getPath().catch(() => undefined);
    throw new Error('kaput');
  },
  'accepted without a call': () => undefined,
};

/** How many timers and connections this process has. */
function resources() {
  const names = process.getActiveResourcesInfo();
  const count = (name: string) => names.filter((each) => each === name).length;
  return { timers: count('Timeout'), pipes: count('PipeWrap') };
}

describe(`${EVENTS} events leave nothing behind`, () => {
  let pdk: (new () => object) | undefined;
  beforeEach(() => {
    pdk = undefined;
  });

  it.each(Object.entries(KINDS))('%s', { timeout: 60_000 }, async (kind, access) => {
    const { log } = capturedLog();
    log.level = 'silent';
    const plugin = pluginOf({
      access(kong) {
        pdk ??= kong.constructor as new () => object;
        return access(kong);
      },
    });
    const socketPath = `${temporaryFolder()}/plugin.sock`;
    const before = resources();
    const server = await startServer(socketPath, {
      plugins: [plugin],
      instances: createInstanceRegistry([plugin], log, plentyOfMemory()),
      budget: plentyOfMemory(),
      phaseTimeoutMs: 600_000,
      maxFrameBytes: 100_000,
      log,
    });
    onTestFinished(() => server.stop(0));
    const abandons = kind === 'refused' || kind === 'thrown';
    const instance = await startInstance(socketPath);

    async function run(events: number): Promise<void> {
      let kong = await connectKong(socketPath);
      for (let i = 0; i < events; i++) {
        const outcome = await kong.event(instance, ANSWERS);
        if (outcome.end !== (abandons ? 'exit' : 'returned')) throw new Error(`an event that ${outcome.end}`);
        if (!abandons) continue;
        // Kong never uses a connection again on which a plugin has ended the request.
        kong.socket.destroy();
        kong = await connectKong(socketPath);
      }
      kong.socket.destroy();
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, () => run(EVENTS / CONNECTIONS)));

    expect(server.runningEvents).toBe(0);
    await until('the last connections are gone', () => resources().pipes <= before.pipes + 1);
    expect(resources().timers).toBeLessThanOrEqual(before.timers + 1);
    // Counts after a garbage collection; what the last turn of each connection has in hand may still be there.
    expect(v8.queryObjects(pdk!, { format: 'count' })).toBeLessThanOrEqual(CONNECTIONS);
  });
});

async function startInstance(socketPath: string): Promise<number> {
  const kong = await connectKong(socketPath);
  const instance = await kong.start();
  kong.socket.destroy();
  return instance;
}
