/** The arguments and the answer of every PDK call, against Kong’s own protocol definition. */

import { describe, expect, it } from 'vitest';
import type { Codec } from '../../../../pluginserver/protocol/codec';
import { ByteString } from '../../../../pluginserver/protocol/messages';
import { METHODS, type MethodName } from '../../../../pluginserver/protocol/methods';
import {
  KONG_MESSAGES,
  KONG_SERVICE,
  kongDecode,
  kongEncode,
} from '../../../support/pluginserver/kongProtocol';
import { bytesOf, fieldsOf, reversed, UNKNOWN_FIELDS } from '../../../support/pluginserver/protobufBytes';
import {
  argumentSamples,
  RPC_CALLS,
  RPC_RETURNS,
  resultSamples,
} from '../../../support/pluginserver/samples';

const NAMES = Object.keys(METHODS) as MethodName[];

/** Functions that may answer nil, for which Kong writes no bytes, as for an empty string. */
const NIL_LOOKS_EMPTY = new Set<MethodName>([
  'kong.client.get_consumer',
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
  it('has the functions of Kong’s description, and no others', () => {
    expect([...NAMES].sort()).toEqual([...KONG_SERVICE.keys()].sort());
  });

  it('takes an answer from every function that returns one, and from no other', () => {
    const answers = (name: MethodName) => (KONG_SERVICE.get(name)?.[1] === 'Empty' ? 'nothing' : 'value');
    const expected = NAMES.map((name) => [name, name === 'kong.response.exit' ? 'never' : answers(name)]);
    expect(Object.fromEntries(NAMES.map((name) => [name, METHODS[name].answers]))).toEqual(
      Object.fromEntries(expected),
    );
  });
});

it('the samples have every field of every message of Kong’s', () => {
  const seen = new Map<string, Set<string>>();
  const look = (type: string, message: unknown): void => {
    const fields = KONG_MESSAGES.get(type);
    if (fields === undefined || message === null) return;
    const names = seen.get(type) ?? new Set();
    seen.set(type, names);
    for (const [name, value] of Object.entries(message as object)) {
      names.add(name);
      look(fields[name]!, value);
    }
  };
  for (const { type, kong } of MESSAGES) look(type, kong);
  for (const { kong } of RPC_CALLS) look('RpcCall', kong);
  for (const { kong } of RPC_RETURNS) look('RpcReturn', kong);
  const missing = [...KONG_MESSAGES].flatMap(([type, fields]) =>
    Object.keys(fields)
      .filter((name) => !seen.get(type)?.has(name))
      .map((name) => `${type}.${name}`),
  );
  expect(missing).toEqual([]);
});

describe('messages of PDK calls', () => {
  it.each(NAMES)('%s: Kong reads what we write, and we read what Kong writes', (name) => {
    for (const { title, type, codec, plugin, kong } of MESSAGES.filter((m) => m.title.endsWith(` ${name}`))) {
      expect(plain(codec.decode(kongEncode(type, kong))), title).toEqual(plain(plugin));
      expect(plain(codec.decode(bytesOf(codec.encode(plugin)))), title).toEqual(plain(plugin));
      const received = kongDecode(type, bytesOf(codec.encode(plugin)));
      if (['Route', 'Service', 'Consumer'].includes(type))
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
