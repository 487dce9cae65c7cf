/** Kong's end of a connection over the front (front/README.md), as a test of the plugin server needs it. */

import { once } from 'node:events';
import net from 'node:net';
import { onTestFinished } from 'vitest';

export interface Given {
  /** Of the event on its connection. Default 1. */
  id?: number;
  name?: string;
  phase?: string;
  hash?: string;
  /** JSON; nil where it is left out. */
  config?: string;
  /** What the front says that its frames carry, by phase; goes with the configuration. */
  reads?: Record<string, readonly string[]>;
  /** Kind and content of each getter's value. */
  values: readonly (readonly [kind: string, value: string])[];
}

export interface Reply {
  id: number;
  kind: string;
  calls: [name: string, ...args: unknown[]][];
}

function field(kind: string, value: string): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind);
  head.writeUInt32LE(Buffer.byteLength(value), 1);
  return Buffer.concat([head, Buffer.from(value)]);
}

export function eventFrame(given: Given) {
  const { id = 1, name = 'test-plugin', phase = 'access', hash = 'hash', config, reads = {}, values } = given;
  const fields = Buffer.concat([
    ...[name, phase, hash].map((text) => field('s', text)),
    config === undefined
      ? field('z', '')
      : field('s', `{"config":${config},"reads":${JSON.stringify(reads)}}`),
    ...values.map(([kind, value]) => field(kind, value)),
  ]);
  const head = Buffer.from('FRN2\0\0\0\0\0\0\0\0');
  head.writeUInt32LE(id, 4);
  head.writeUInt32LE(fields.length, 8);
  return Buffer.concat([head, fields]);
}

export async function connectFront(socketPath: string) {
  const socket = net.connect(socketPath);
  await once(socket, 'connect');
  onTestFinished(() => void socket.destroy());
  let bytes = Buffer.alloc(0);
  socket.on('error', () => undefined);
  let changed: () => void = () => undefined;
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    changed();
  });
  const closed = once(socket, 'close').then(() => changed());

  async function take(count: number): Promise<Buffer> {
    while (bytes.length < count) {
      if (socket.destroyed) throw new Error('the server closed the connection');
      await new Promise<void>((resolve) => (changed = resolve));
    }
    const taken = bytes.subarray(0, count);
    bytes = bytes.subarray(count);
    return taken;
  }

  async function reply(): Promise<Reply> {
    const head = await take(16);
    if (head.toString('latin1', 0, 4) !== 'FRN2') throw new Error('no frame');
    const calls = await take(head.readUInt32LE(8));
    const rest = await take(head.readUInt32LE(12));
    const kind = String.fromCharCode(calls[0]!);
    return {
      id: head.readUInt32LE(4),
      kind,
      calls: kind === 'c' ? callsOf(calls.subarray(1, -4), rest.toString()) : [],
    };
  }

  return {
    socket,
    closed,
    reply,
    event(given: Given): Promise<Reply> {
      socket.write(eventFrame(given));
      return reply();
    },
  };
}

function callsOf(bytes: Buffer, rest: string): Reply['calls'] {
  let at = 0;
  function value(): unknown {
    const kind = String.fromCharCode(bytes[at]!);
    const n = bytes.readUInt32LE(at + 1);
    at += 5;
    if (kind === 'r') return rest;
    if (kind === 'z') return null;
    if (kind === 'x') return [];
    if (kind === 'c') return n;
    if (kind === 'm') return Object.fromEntries(Array.from({ length: n }, () => [value(), value()]));
    const text = bytes.toString('utf8', at, at + n);
    at += n;
    return kind === 's' ? text : JSON.parse(text);
  }
  const calls: Reply['calls'] = [];
  while (at < bytes.length) {
    const name = value() as string;
    const count = value() as number;
    calls.push([name, ...Array.from({ length: count }, value)]);
  }
  return calls;
}
