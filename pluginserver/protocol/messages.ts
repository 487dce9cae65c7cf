/** The messages that PDK calls carry: arguments as tuples, results as plain values. */

import { type Codec, codec, type Reader, readFields, tag, type Writer } from './codec';
import {
  ListValueCodec,
  readStruct,
  readValue,
  type Struct,
  type Value,
  writeStruct,
  writeValue,
} from './values';

const NO_BYTES = new Uint8Array(0);

/** A message `{T v=1}`, like most; a default is left out of the bytes. */
function single<T>(
  wireTag: number,
  absent: T,
  read: (r: Reader) => T,
  write: (w: Writer, v: T) => unknown,
): Codec<T> {
  return codec<T>({
    write(writer, value) {
      if (value !== absent && value !== undefined && value !== null) write(writer.uint32(wireTag), value);
      return undefined;
    },
    read(reader, end) {
      let value = absent;
      readFields(reader, end, (fieldTag) => {
        if (fieldTag !== wireTag) return false;
        value = read(reader);
        return true;
      });
      return value;
    },
  });
}

const readString = (reader: Reader) => reader.string();

/** String `{string v=1}`. */
export const Str = single<string>(tag(1, 2), '', readString, (w, v) => w.string(v));
/** String for which Kong's answer may be nil, which looks like an empty string on the wire. */
export const OptionalStr = single<string | undefined>(tag(1, 2), undefined, readString, (w, v) =>
  w.string(v!),
);
/** Int `{int32 v=1}`. */
export const Int = single<number>(
  tag(1, 0),
  0,
  (r) => r.int32(),
  (w, v) => w.int32(v),
);
/** Number `{double v=1}`. */
export const Num = single<number>(
  tag(1, 1),
  0,
  (r) => r.double(),
  (w, v) => w.double(v),
);
/** Bool `{bool v=1}`. */
export const Bool = single<boolean>(
  tag(1, 0),
  false,
  (r) => r.bool(),
  (w, v) => w.bool(v),
);

/** Empty `{}`. */
export const Empty = codec<void>({ write: () => undefined, read: () => undefined });

/** Text as UTF-8, bytes as they are. @throws TypeError for anything else. */
function asBytes(value: string | Uint8Array): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value);
  if (value instanceof Uint8Array) return value;
  throw new TypeError('neither text nor bytes');
}

/** ByteString `{bytes v=1}`; the bytes are copied neither on the way out nor on the way in. */
export const ByteString = codec<Uint8Array>({
  write(writer, value) {
    const bytes = asBytes(value);
    writer.uint32(tag(1, 2)).uint32(bytes.length);
    return bytes;
  },
  read(reader, end) {
    let value: Uint8Array = NO_BYTES;
    readFields(reader, end, (fieldTag) => {
      if (fieldTag !== tag(1, 2)) return false;
      value = reader.bytes();
      return true;
    });
    return value;
  },
});

/** KV `{string k=1; Value v=2}`. */
export const KeyValue = codec<[key: string, value: Value]>({
  write(writer, [key, value]) {
    writeValue(writer.uint32(tag(1, 2)).string(key).uint32(tag(2, 2)).fork(), value);
    writer.ldelim();
    return undefined;
  },
  read(reader, end) {
    let key = '';
    let value: Value = null;
    readFields(reader, end, (fieldTag) => {
      if (fieldTag === tag(1, 2)) key = reader.string();
      else if (fieldTag === tag(2, 2)) value = readValue(reader, reader.uint32() + reader.pos);
      else return false;
      return true;
    });
    return [key, value];
  },
});

/** Target `{string host=1; int32 port=2}`. */
export const Target = codec<[host: string, port: number]>({
  write(writer, [host, port]) {
    writer.uint32(tag(1, 2)).string(host).uint32(tag(2, 0)).int32(port);
    return undefined;
  },
  read(reader, end) {
    let host = '';
    let port = 0;
    readFields(reader, end, (fieldTag) => {
      if (fieldTag === tag(1, 2)) host = reader.string();
      else if (fieldTag === tag(2, 0)) port = reader.int32();
      else return false;
      return true;
    });
    return [host, port];
  },
});

/** Body of `kong.response.exit`; an object is written as JSON. */
export type ExitBody = string | Uint8Array | object | null;

/** ExitArgs `{int32 status=1; bytes body=2; Struct headers=3}`. */
export const ExitArgs = codec<[status: number, body?: ExitBody | undefined, headers?: Struct | undefined]>({
  write(writer, [status, body, headers]) {
    writer.uint32(tag(1, 0)).int32(status);
    const isJson = typeof body === 'object' && body !== null && !(body instanceof Uint8Array);
    if (isJson) writer.uint32(tag(2, 2)).string(JSON.stringify(body));
    else if (body !== undefined && body !== null) writer.uint32(tag(2, 2)).bytes(asBytes(body));
    const allHeaders = isJson ? { 'content-type': 'application/json; charset=utf-8', ...headers } : headers;
    if (allHeaders !== undefined) {
      writeStruct(writer.uint32(tag(3, 2)).fork(), allHeaders);
      writer.ldelim();
    }
    return undefined;
  },
  read(reader, end) {
    let status = 0;
    let body: Uint8Array = NO_BYTES;
    let headers: Struct = {};
    readFields(reader, end, (fieldTag) => {
      if (fieldTag === tag(1, 0)) status = reader.int32();
      else if (fieldTag === tag(2, 2)) body = reader.bytes();
      else if (fieldTag === tag(3, 2)) headers = readStruct(reader, reader.uint32() + reader.pos);
      else return false;
      return true;
    });
    return [status, body, headers];
  },
});

/** The answer of `kong.request.get_raw_body`: the bytes, or why there are none. */
export type RawBodyResult = { content: Uint8Array } | { bodyFilepath: string } | { error: string };

/** RawBodyResult `oneof {bytes content=1; string body_filepath=2; string error=3}`. */
export const RawBody = codec<RawBodyResult>({
  write(writer, result) {
    if ('content' in result) return ByteString.write(writer, result.content);
    if ('bodyFilepath' in result) writer.uint32(tag(2, 2)).string(result.bodyFilepath);
    else writer.uint32(tag(3, 2)).string(result.error);
    return undefined;
  },
  read(reader, end) {
    let result: RawBodyResult = { content: NO_BYTES };
    readFields(reader, end, (fieldTag) => {
      if (fieldTag === tag(1, 2)) result = { content: reader.bytes() };
      else if (fieldTag === tag(2, 2)) result = { bodyFilepath: reader.string() };
      else if (fieldTag === tag(3, 2)) result = { error: reader.string() };
      else return false;
      return true;
    });
    return result;
  },
});

/** Turns the codec of one value into that of a one-argument list. */
export function one<T>({ write, read }: Codec<T>): Codec<[T]> {
  return codec({
    write: (writer, [value]) => write(writer, value),
    read: (reader, end) => [read(reader, end)],
  });
}

/** An empty argument list. */
export const NoArguments = codec<[]>({ write: () => undefined, read: () => [] });

/** How many headers or query arguments Kong returns unless a plugin asks for another number. */
const DEFAULT_MAX_ENTRIES = 100;

/** The optional count that `get_headers` and `get_query` take. Kong refuses 0, so the default is sent. */
export const MaxEntries = codec<[max?: number | undefined]>({
  write: (writer, [max]) => Int.write(writer, max ?? DEFAULT_MAX_ENTRIES),
  read: (reader, end) => [Int.read(reader, end)],
});

export const LogArguments = codec<Value[]>({
  write: (writer, args) => ListValueCodec.write(writer, args),
  read: (reader, end) => [...ListValueCodec.read(reader, end)],
});
