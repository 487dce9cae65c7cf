import { describe, expect, it, test } from 'vitest';
import type { Codec } from '../../../pluginserver/protocol/codec';
import { RouteCodec } from '../../../pluginserver/protocol/entities';
import { ByteString, KeyValue } from '../../../pluginserver/protocol/messages';
import { METHODS, type MethodName } from '../../../pluginserver/protocol/methods';
import { RpcCallCodec, RpcReturnCodec } from '../../../pluginserver/protocol/rpc';
import { ListValueCodec, StructCodec, ValueCodec } from '../../../pluginserver/protocol/values';
import { KONG_SERVICE, kongDecode, kongEncode } from '../../support/pluginserver/kongProtocol';
import {
  bytesOf,
  field,
  fieldsOf,
  reversed,
  UNKNOWN_FIELDS,
  varint,
} from '../../support/pluginserver/protobufBytes';
import { argumentSamples, RPC_CALLS, RPC_RETURNS, resultSamples } from '../../support/pluginserver/samples';

const NAMES = Object.keys(METHODS) as MethodName[];

/** Functions that may answer nil, which Kong writes as it writes an empty string. */
const NIL_LOOKS_EMPTY = new Set<MethodName>([
  'kong.nginx.get_var',
  'kong.request.get_header',
  'kong.request.get_query_arg',
  'kong.response.get_header',
  'kong.service.response.get_header',
]);

interface Message {
  title: string;
  type: string;
  codec: Codec<unknown>;
  plugin: unknown;
  kong: unknown;
}

/** Every message of every method: its arguments and its answer. */
const MESSAGES: Message[] = NAMES.flatMap((name) => {
  const [args, result] = KONG_SERVICE.get(name) ?? ['Empty', 'Empty'];
  const row = (title: string, type: string, codec: unknown) => ({
    title: `${title} of ${name}`,
    type,
    codec: codec as Codec<unknown>,
  });
  return [
    ...argumentSamples(args).map((sample) => ({ ...row('arguments', args, METHODS[name].args), ...sample })),
    ...resultSamples(result)
      .filter(({ plugin }) => !(plugin === '' && NIL_LOOKS_EMPTY.has(name)))
      .map((sample) => ({ ...row('answer', result, METHODS[name].result), ...sample })),
  ];
});

/** The samples by message, since the methods share codecs; an Empty is never even read. */
const BY_TYPE = [...new Set(MESSAGES.map(({ type }) => type))]
  .filter((type) => type !== 'Empty')
  .map((type) => ({
    type,
    messages: [
      ...new Map(MESSAGES.filter((m) => m.type === type).map((m) => [JSON.stringify(m.plugin), m])).values(),
    ],
  }));

/** The same without prototypes, buffers as Buffer: what a plugin may rely on. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

describe('the table of methods', () => {
  it.each(NAMES)('%s is a function of Kong', (name) => {
    expect([...KONG_SERVICE.keys()]).toContain(name);
  });

  it('takes an answer from every function that returns one, and from no other', () => {
    const answers = (name: MethodName) => (KONG_SERVICE.get(name)?.[1] === 'Empty' ? 'nothing' : 'value');
    const expected = NAMES.map((name) => [name, name === 'kong.response.exit' ? 'never' : answers(name)]);
    expect(Object.fromEntries(NAMES.map((name) => [name, METHODS[name].answers]))).toEqual(
      Object.fromEntries(expected),
    );
  });
});

describe('messages of PDK calls', () => {
  it.each(NAMES)('%s: Kong reads what we write, and we read what Kong writes', (name) => {
    for (const { title, type, codec, plugin, kong } of MESSAGES.filter((m) => m.title.endsWith(` ${name}`))) {
      expect(plain(codec.decode(kongEncode(type, kong))), title).toEqual(plain(plugin));
      expect(plain(codec.decode(bytesOf(codec.encode(plugin)))), title).toEqual(plain(plugin));
      const received = kongDecode(type, bytesOf(codec.encode(plugin)));
      if (type === 'Route' || type === 'Service')
        expect(kong, title).toMatchObject(onlyFieldsOf(plugin, received));
      else expect(received, title).toEqual(kong);
    }
  });

  /** What Kong received of an entity, less the fields that no plugin is given. */
  function onlyFieldsOf(plugin: unknown, received: unknown): object {
    const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const names = new Set(Object.keys(plugin as object).map(snakeCase));
    return Object.fromEntries(Object.entries(received as object).filter(([name]) => names.has(name)));
  }

  it.each(BY_TYPE)('$type: fields may come in any order', ({ type, messages }) => {
    for (const { codec, kong, plugin } of messages)
      expect(plain(codec.decode(reversed(kongEncode(type, kong))))).toEqual(plain(plugin));
  });

  it.each(BY_TYPE)('$type: unknown fields are skipped, before and after', ({ type, messages }) => {
    const unknown = Buffer.concat(UNKNOWN_FIELDS);
    for (const { codec, kong, plugin } of messages) {
      const bytes = Buffer.concat([unknown, kongEncode(type, kong), unknown]);
      expect(plain(codec.decode(bytes))).toEqual(plain(plugin));
    }
  });

  it.each(BY_TYPE)('$type: cut short anywhere inside a field, it raises', ({ type, messages }) => {
    for (const { codec, kong } of messages) {
      const bytes = kongEncode(type, kong);
      const ends = new Set([0]);
      for (const { bytes: part } of fieldsOf(bytes)) ends.add(Math.max(...ends) + part.length);
      for (let length = 1; length < bytes.length; length++) {
        if (ends.has(length)) continue;
        expect(() => codec.decode(bytes.subarray(0, length)), `${length} of ${bytes.length}`).toThrow();
      }
    }
  });

  it.each([
    ['no exit body', [204], { status: 204, body: Buffer.alloc(0), headers: null }],
    ['text as exit body', [400, '{"ä":1}'], { status: 400, body: Buffer.from('{"ä":1}'), headers: null }],
  ])('kong.response.exit with %s', (_, args, kong) => {
    const { encode } = METHODS['kong.response.exit'].args;
    expect(kongDecode('ExitArgs', bytesOf(encode(args as [number])))).toEqual(kong);
  });

  it.each(['kong.request.get_headers', 'kong.request.get_query'] as const)(
    '%s asks for 100 entries unless told otherwise, since Kong refuses 0',
    (name) => {
      expect(kongDecode('Int', bytesOf(METHODS[name].args.encode([])))).toEqual({ v: 100 });
      expect(kongDecode('Int', bytesOf(METHODS[name].args.encode([1000])))).toEqual({ v: 1000 });
    },
  );

  it.each([...NIL_LOOKS_EMPTY])(
    '%s answers undefined for an empty frame, which is how Kong says nil',
    (name) => {
      expect(METHODS[name].result.decode(Buffer.alloc(0))).toBeUndefined();
    },
  );

  it('leaves the bytes of a body where they are, on the way out and on the way in', () => {
    const body = Buffer.alloc(100_000, 'x');
    expect(ByteString.encode(body)).toEqual([expect.any(Uint8Array), body]);
    expect((ByteString.encode(body) as readonly [Uint8Array, Uint8Array])[1].buffer).toBe(body.buffer);
    const frame = kongEncode('ByteString', { v: body });
    expect(ByteString.decode(frame).buffer).toBe(frame.buffer);
  });
});

describe('struct, list and value', () => {
  const entry = (key: string, value: Buffer) => field(1, field(1, key), field(2, value));
  const text = (value: string) => field(3, value);

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])(
    'take %s as a key like any other',
    (key) => {
      const struct = StructCodec.decode(
        Buffer.concat([entry(key, field(5, entry('polluted', text('yes'))))]),
      );
      expect(Object.keys(struct)).toEqual([key]);
      expect(Object.getOwnPropertyDescriptor(struct, key)?.value).toEqual({ polluted: 'yes' });
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      expect(bytesOf(StructCodec.encode(struct))).toEqual(
        entry(key, field(5, entry('polluted', text('yes')))),
      );
    },
  );

  test.each([
    ['an entry with its value before its key', field(1, field(2, text('v')), field(1, 'k')), { k: 'v' }],
    ['an entry without a key', field(1, field(2, text('v'))), { '': 'v' }],
    ['an entry without a value', field(1, field(1, 'k')), { k: null }],
    ['an entry of nothing', field(1), { '': null }],
    ['a value without a kind', entry('k', Buffer.alloc(0)), { k: null }],
    ['a null as Kong writes it, with 1 for 0', entry('k', Buffer.from([0x08, 0x01])), { k: null }],
    [
      'a key twice: the last one counts',
      Buffer.concat([entry('k', text('a')), entry('k', text('b'))]),
      { k: 'b' },
    ],
    [
      'a value of two kinds: the last one counts',
      entry('k', Buffer.concat([text('a'), field(6)])),
      { k: [] },
    ],
    [
      'unknown fields in an entry, a value, a list',
      field(
        1,
        ...UNKNOWN_FIELDS,
        field(1, 'k'),
        ...UNKNOWN_FIELDS,
        field(2, ...UNKNOWN_FIELDS, field(6, ...UNKNOWN_FIELDS, field(1, text('v')), ...UNKNOWN_FIELDS)),
      ),
      { k: ['v'] },
    ],
  ])('%s', (_, bytes, struct) => {
    expect({ ...StructCodec.decode(bytes) }).toEqual(struct);
  });

  it('leaves out what is undefined and keeps what is null', () => {
    const struct = { gone: undefined, kept: null } as unknown as Record<string, null>;
    expect(kongDecode('Struct', bytesOf(StructCodec.encode(struct)))).toEqual({ kept: null });
  });

  it('raise on 100,000 lists inside each other', () => {
    const parts: Buffer[] = [];
    for (let depth = 0, length = 0; depth < 100_000; depth++) {
      // From the inside outwards: a list as a value, that value as an item of a list.
      const list = Buffer.concat([Buffer.from([0x32]), varint(length)]);
      const item = Buffer.concat([Buffer.from([0x0a]), varint(length + list.length)]);
      parts.push(list, item);
      length += list.length + item.length;
    }
    expect(() => ListValueCodec.decode(Buffer.concat(parts.reverse()))).toThrow();
  });
});

describe('RpcCall', () => {
  it.each(RPC_CALLS)('$ours.command is read from what Kong writes', ({ ours, kong }) => {
    const written = kongEncode('RpcCall', kong);
    for (const bytes of [written, reversed(written), Buffer.concat([...UNKNOWN_FIELDS, written])])
      expect({ ...RpcCallCodec.decode(bytes) }).toMatchObject({ ...ours });
  });

  it.each(RPC_CALLS)('$ours.command is written as Kong would', ({ ours, kong }) => {
    expect(kongDecode('RpcCall', bytesOf(RpcCallCodec.encode(ours)))).toMatchObject(kong);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a sequence number alone', Buffer.from([0x08, 0x01])],
    ['an unknown command', Buffer.concat([Buffer.from([0x08, 0x01]), field(37, 'x')])],
    ['a command of the wrong wire type', Buffer.from([0xa0, 0x02, 0x01])],
    ['text', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a command cut short', field(36, Buffer.from([0x08]))],
    ['a command that announces more than there is', Buffer.from([0xa2, 0x02, 0x7f, 0x08, 0x07])],
    ['a sequence number without end', Buffer.alloc(12, 0xff)],
    [
      'a field that outgrows its command',
      Buffer.from([0xa2, 0x02, 0x04, 0x08, 0x07, 0x12, 0x06, ...Buffer.from('access')]),
    ],
    ['field number 0', Buffer.concat([Buffer.from([0x00, 0x00]), field(36, Buffer.from([0x08, 0x07]))])],
    ['a group that never ends', Buffer.concat([field(36, Buffer.from([0x08, 0x07])), Buffer.from([0x1b])])],
    ['wire type 7', Buffer.concat([field(36, Buffer.from([0x08, 0x07])), Buffer.from([0x1f])])],
  ])('raises on %s', (_, bytes) => {
    expect(() => RpcCallCodec.decode(bytes)).toThrow();
  });
});

describe('RpcReturn', () => {
  it.each(RPC_RETURNS)('is read by Kong: %j', ({ ours, kong }) => {
    const received = kongDecode('RpcReturn', bytesOf(RpcReturnCodec.encode(ours)));
    expect(received).toEqual(kong);
  });

  it('is read back as far as the sandbox needs it, in any order', () => {
    for (const { ours, kong } of RPC_RETURNS) {
      const { sequence, instanceStatus } = ours;
      const expected = instanceStatus === undefined ? { sequence } : { sequence, instanceStatus };
      expect(RpcReturnCodec.decode(kongEncode('RpcReturn', kong))).toEqual(expected);
      expect(RpcReturnCodec.decode(reversed(kongEncode('RpcReturn', kong)))).toEqual(expected);
    }
  });
});

describe('garbage', () => {
  const codecs: [string, Codec<never>][] = [
    ['RpcCall', RpcCallCodec as Codec<never>],
    ['RpcReturn', RpcReturnCodec as Codec<never>],
    ['KV', KeyValue as Codec<never>],
    ['Route', RouteCodec as Codec<never>],
    ['Value', ValueCodec as Codec<never>],
    ['Struct', StructCodec as Codec<never>],
  ];

  test.each(codecs)('%s: 5,000 random messages are read or raise within a second', (_, codec) => {
    const random = generator(42);
    const started = Date.now();
    for (let i = 0; i < 5_000; i++) {
      const bytes = Buffer.from(Array.from({ length: random() % 64 }, () => random() & 255));
      try {
        codec.decode(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }
    expect(Date.now() - started).toBeLessThan(1000);
  });

  /** A linear congruential generator (Numerical Recipes): the same messages in every run. */
  function generator(seed: number): () => number {
    let state = seed;
    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 12;
    };
  }
});
