/**
 * Kong's side of ProtoBuf:1 by its own description, carried out by protobufjs's reflection: a second opinion on our
 * hand-written codecs.
 */

import path from 'node:path';
import protobuf from 'protobufjs';

/** From the repository's root, since compiled programs load this file too. */
const PROTOCOL = path.resolve('pluginserver/protocol/kong.proto');

const root = new protobuf.Root();
root.resolvePath = (_origin, target) =>
  target.startsWith('google/') ? require.resolve(`protobufjs/${target}`) : target;
root.loadSync(PROTOCOL, { keepCase: true });
const kong = root.lookup('kong_plugin_protocol') as protobuf.Namespace;

/** Messages go by their short names: `Struct` is google.protobuf.Struct. */
const shortName = (type: string) => type.split('.').at(-1)!;

function typeOf(type: string): protobuf.Type {
  return (kong.get(type) ?? root.lookup(`google.protobuf.${type}`)) as protobuf.Type;
}

/** Kong's own messages by name, each with the types of its fields. */
export const KONG_MESSAGES: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map(
  kong.nestedArray
    .filter((each) => each instanceof protobuf.Type)
    .map(({ name, fieldsArray }) => [
      name,
      Object.fromEntries(fieldsArray.map((field) => [field.name, shortName(field.type)])),
    ]),
);

/** What Kong's encoder writes for a message given as a plain object; Value, Struct and ListValue are JSON. */
export function kongEncode(type: string, message: unknown): Buffer {
  const messageType = typeOf(type);
  return Buffer.from(messageType.encode(messageType.fromObject(wrap(type, message) as object)).finish());
}

/** What Kong's decoder reads: left-out fields have their defaults, `oneof` members are there or not. */
export function kongDecode(type: string, bytes: Uint8Array): unknown {
  const messageType = typeOf(type);
  const object = messageType.toObject(messageType.decode(bytes), {
    defaults: true,
    longs: Number,
    bytes: Buffer,
  });
  return unwrap(type, object);
}

type Fields = Record<string, unknown>;

function wrap(type: string, plain: unknown): unknown {
  if (type === 'Value') {
    if (plain === null) return { nullValue: 0 };
    if (Array.isArray(plain)) return { listValue: wrap('ListValue', plain) };
    if (typeof plain === 'object') return { structValue: wrap('Struct', plain) };
    return { [`${typeof plain === 'boolean' ? 'bool' : typeof plain}Value`]: plain };
  }
  if (type === 'ListValue') return { values: (plain as unknown[]).map((item) => wrap('Value', item)) };
  if (type === 'Struct') {
    const entries = Object.entries(plain as Fields);
    return { fields: Object.fromEntries(entries.map(([key, value]) => [key, wrap('Value', value)])) };
  }
  return mapFields(type, plain as Fields, wrap);
}

function unwrap(type: string, object: unknown): unknown {
  const fields = object as Fields;
  if (type === 'Value') {
    const [kind = 'nullValue', value] = Object.entries(fields)[0] ?? [];
    if (kind === 'nullValue') return null;
    if (kind === 'listValue') return unwrap('ListValue', value);
    return kind === 'structValue' ? unwrap('Struct', value) : value;
  }
  if (type === 'ListValue') return (fields.values as unknown[]).map((item) => unwrap('Value', item));
  if (type === 'Struct') {
    const entries = Object.entries(fields.fields as Fields);
    return Object.fromEntries(entries.map(([key, value]) => [key, unwrap('Value', value)]));
  }
  return mapFields(type, fields, unwrap);
}

function mapFields(type: string, object: Fields, map: (type: string, value: unknown) => unknown): Fields {
  const messageType = typeOf(type);
  const mapped = Object.entries(object).map(([name, value]) => {
    const field = messageType.fields[name];
    if (field === undefined) throw new Error(`${type} has no field ${name}`);
    const isMessage = field.resolve().resolvedType !== null && value !== null;
    return [name, isMessage ? map(shortName(field.type), value) : value];
  });
  return Object.fromEntries(mapped);
}

/** Argument and result of Kong's functions, by the names that Kong makes of its service's methods. */
export const KONG_SERVICE: ReadonlyMap<string, readonly [args: string, result: string]> = new Map(
  kong
    .lookupService('Kong')
    .methodsArray.map(({ name, options, requestType, responseType }) => [
      (options?.['(MethodName)'] as string | undefined) ?? functionName(name),
      [shortName(requestType), shortName(responseType)],
    ]),
);

/** `Request_GetRawBody` is `kong.request.get_raw_body`. */
function functionName(method: string): string {
  return `kong.${method.replaceAll('_', '.').replace(/([a-z]\d*)([A-Z])/g, '$1_$2')}`.toLowerCase();
}
