/** The plugin server's side of the front's frames (front/README.md), as tests need it. */

export interface EventFrame {
  /** Of the event on its connection. */
  id: number;
  name: string;
  phase: string;
  hash: string;
  /** JSON; empty where the frame names the configuration by its hash alone. */
  config: string;
  /** Kind and bytes of each declared getter's value. */
  values: [kind: string, value: string][];
}

const MAGIC = Buffer.from('FRN2');

export function decodeEvent(frame: Buffer): EventFrame {
  if (!frame.subarray(0, 4).equals(MAGIC) || frame.readUInt32LE(8) !== frame.length - 12) {
    throw new Error('not one whole frame');
  }
  const values: [string, string][] = [];
  for (let at = 12; at < frame.length; ) {
    const bytes = frame.readUInt32LE(at + 1);
    values.push([frame.toString('latin1', at, at + 1), frame.toString('latin1', at + 5, at + 5 + bytes)]);
    at += 5 + bytes;
  }
  const [name, phase, hash, config, ...rest] = values;
  return {
    id: frame.readUInt32LE(4),
    name: name![1],
    phase: phase![1],
    hash: hash![1],
    config: config![1],
    values: rest,
  };
}

/** An argument of a call; an empty list takes a header out, `BYTES` stands for what comes after the calls. */
export type Arg = string | number | null | Record<string, string | readonly []> | typeof BYTES;
export const BYTES = Symbol('bytes');

const field = (kind: string, n: number, text = '') => {
  const head = Buffer.alloc(5);
  head.write(kind, 'latin1');
  head.writeUInt32LE(n, 1);
  return Buffer.concat([head, Buffer.from(text)]);
};
const text = (value: string, kind = 's') => field(kind, Buffer.byteLength(value), value);

function argument(arg: Arg): Buffer {
  if (arg === BYTES) return field('r', 0);
  if (arg === null) return field('z', 0);
  if (typeof arg === 'string') return text(arg);
  if (typeof arg === 'number') return text(String(arg), 'd');
  const entries = Object.entries(arg as Record<string, string | readonly []>);
  return Buffer.concat([
    field('m', entries.length),
    ...entries.flatMap(([name, value]) => [
      text(name),
      typeof value === 'string' ? text(value) : field('x', 0),
    ]),
  ]);
}

/** @param id of the event that it answers */
export function frame(kind: string, content: Buffer = Buffer.alloc(0), bytes = '', id = 1): Buffer {
  const head = Buffer.alloc(16);
  MAGIC.copy(head);
  head.writeUInt32LE(id, 4);
  head.writeUInt32LE(1 + content.length, 8);
  head.writeUInt32LE(Buffer.byteLength(bytes), 12);
  return Buffer.concat([head, Buffer.from(kind), content, Buffer.from(bytes)]);
}

/** @param id of the event that it answers */
export function encodeReply(calls: readonly [name: string, ...args: Arg[]][], bytes = '', id = 1): Buffer {
  const trailer = Buffer.from('\0\0\0\0');
  const encoded = calls.flatMap(([name, ...args]) => [
    text(name),
    field('c', args.length),
    ...args.map(argument),
  ]);
  return frame('c', Buffer.concat([...encoded, trailer]), bytes, id);
}

export const UNKNOWN_CONFIG = frame('u');
export const BYE = frame('b', undefined, '', 0);
