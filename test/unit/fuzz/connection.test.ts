import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { serveConnection } from '../../../pluginserver/connection/connection';
import type { Instance, InstanceRegistry } from '../../../pluginserver/instances';
import { frameOf } from '../../../pluginserver/protocol/frames';
import { RpcCallCodec } from '../../../pluginserver/protocol/rpc';
import { cases, FUZZ_TIMEOUT_MS, inPieces, mutated, mutations } from '../../support/fuzz';
import { plentyOfMemory } from '../../support/plentyOfMemory';
import { pluginOf } from '../../support/pluginserver/hostPlugin';
import { bytesOf } from '../../support/pluginserver/protobufBytes';

/** A socket without a peer that notes whether it was closed. */
function fakeSocket(): Socket & { destroyed: boolean } {
  const socket = Object.assign(new EventEmitter(), {
    destroyed: false,
    writableEnded: false,
    write: () => true,
    cork() {},
    uncork() {},
    end() {
      socket.writableEnded = true;
    },
    destroy() {
      if (socket.destroyed) return;
      socket.destroyed = true;
      socket.emit('close');
    },
  });
  return socket as unknown as Socket & { destroyed: boolean };
}

const plugin = pluginOf({
  async access(kong) {
    await kong.request.getRawBody();
    await kong.request.getHeaders();
  },
  health: () => undefined,
});
const instance: Instance = {
  id: 1,
  plugin,
  handler: new plugin.Plugin({}, {} as never),
  startedAt: 0,
  lastUse: 0,
};
const instances: InstanceRegistry = {
  size: 1,
  start: async () => instance,
  get: (id) => (id === 1 ? instance : undefined),
  ofConfig: () => undefined,
  startFor: () => instance,
  find: async () => undefined,
  close: () => undefined,
  usedSince: () => [],
};

const phases = fc.oneof(
  fc.constantFrom('access', 'response', 'health', 'constructor', 'toString', '__proto__', ''),
  fc.string(),
);
const frame = fc.oneof(
  fc
    .record({ eventName: phases, instanceId: fc.constantFrom(1, 1, 1, 2), changes: mutations })
    .map((call) => {
      const bytes = bytesOf(RpcCallCodec.encode({ command: 'handleEvent', sequence: 1, ...call }));
      return call.changes.length > 1 ? mutated(Buffer.from(bytes), call.changes) : Buffer.from(bytes);
    }),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
  fc.constant(Buffer.alloc(0)),
);

describe('fuzzing a connection', () => {
  it(
    'nothing that is sent makes it throw, and nothing of an event is left when it is closed',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(frame, { maxLength: 6 }),
          fc.array(fc.nat(10_000), { maxLength: 6 }),
          async (frames, cuts) => {
            const socket = fakeSocket();
            const connection = serveConnection(socket, {
              budget: plentyOfMemory(),
              plugins: [plugin],
              instances,
              phaseTimeoutMs: 60_000,
              maxFrameBytes: 1000,
              log: pino({ level: 'silent' }),
            });
            for (const chunk of inPieces(Buffer.concat(frames.map(frameOf)), cuts)) {
              socket.emit('data', chunk);
              await new Promise((resolve) => setImmediate(resolve));
            }
            socket.destroy();
            await new Promise((resolve) => setImmediate(resolve));
            expect(connection.runningEvents).toBe(0);
          },
        ),
        cases(10),
      );
    },
    FUZZ_TIMEOUT_MS,
  );
});
