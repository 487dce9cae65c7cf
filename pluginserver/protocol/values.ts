/** `google.protobuf.Value`, `ListValue` and `Struct` as plain JavaScript values. */

import { codec, type Reader, tag, type Writer } from './codec';
import { readKey } from './keys';

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** A Struct: Kong's headers and query arguments (a value is a string, a list of strings, or true). */
export type Struct = Record<string, Value>;

const ENTRY = tag(1, 2);
const KEY = tag(1, 2);
const ENTRY_VALUE = tag(2, 2);
const NULL = tag(1, 0);
const NUMBER = tag(2, 1);
const STRING = tag(3, 2);
const BOOL = tag(4, 0);
const STRUCT = tag(5, 2);
const LIST = tag(6, 2);
const LIST_ITEM = tag(1, 2);

export function writeValue(writer: Writer, value: Value | undefined): void {
  if (typeof value === 'string') writer.uint32(STRING).string(value);
  else if (typeof value === 'number') writer.uint32(NUMBER).double(value);
  else if (typeof value === 'boolean') writer.uint32(BOOL).bool(value);
  else if (value === null || value === undefined) writer.uint32(NULL).int32(0);
  else if (Array.isArray(value)) {
    writeList(writer.uint32(LIST).fork(), value);
    writer.ldelim();
  } else {
    writeStruct(writer.uint32(STRUCT).fork(), value as Struct);
    writer.ldelim();
  }
}

function writeList(writer: Writer, list: readonly Value[]): void {
  for (const item of list) {
    writeValue(writer.uint32(LIST_ITEM).fork(), item);
    writer.ldelim();
  }
}

export function writeStruct(writer: Writer, struct: Struct): void {
  for (const key in struct) {
    const value = struct[key];
    if (value === undefined) continue;
    writer.uint32(ENTRY).fork().uint32(KEY).string(key).uint32(ENTRY_VALUE).fork();
    writeValue(writer, value);
    writer.ldelim().ldelim();
  }
}

export function readValue(reader: Reader, end: number): Value {
  let value: Value = null;
  while (reader.pos < end) {
    const fieldTag = reader.uint32();
    if (fieldTag === STRING) value = reader.string();
    else if (fieldTag === NUMBER) value = reader.double();
    else if (fieldTag === BOOL) value = reader.bool();
    else if (fieldTag === LIST) value = readList(reader, reader.uint32() + reader.pos);
    else if (fieldTag === STRUCT) value = readStruct(reader, reader.uint32() + reader.pos);
    else reader.skipType(fieldTag & 7);
  }
  return value;
}

function readList(reader: Reader, end: number): Value[] {
  const list: Value[] = [];
  while (reader.pos < end) {
    const fieldTag = reader.uint32();
    if (fieldTag === LIST_ITEM) list.push(readValue(reader, reader.uint32() + reader.pos));
    else reader.skipType(fieldTag & 7);
  }
  return list;
}

/**
 * An object with an empty prototype, so a key such as `__proto__` is like any other. An object without a prototype would be
 * a hash table from the start, which costs more to fill and iterate.
 */
class PlainStruct {
  [key: string]: Value;
}
Object.setPrototypeOf(PlainStruct.prototype, null);
Reflect.deleteProperty(PlainStruct.prototype, 'constructor');

/** A struct without entries. */
export const newStruct = (): Struct => new PlainStruct();

export function readStruct(reader: Reader, end: number): Struct {
  const struct = new PlainStruct();
  while (reader.pos < end) {
    const fieldTag = reader.uint32();
    if (fieldTag !== ENTRY) {
      reader.skipType(fieldTag & 7);
      continue;
    }
    const entryEnd = reader.uint32() + reader.pos;
    let key = '';
    let value: Value = null;
    while (reader.pos < entryEnd) {
      const entryTag = reader.uint32();
      if (entryTag === KEY) key = readKey(reader);
      else if (entryTag === ENTRY_VALUE) value = readValue(reader, reader.uint32() + reader.pos);
      else reader.skipType(entryTag & 7);
    }
    struct[key] = value;
  }
  return struct;
}

export const ValueCodec = codec<Value>({
  write(writer, value) {
    writeValue(writer, value);
    return undefined;
  },
  read: readValue,
});

export const StructCodec = codec<Struct>({
  write(writer, struct) {
    writeStruct(writer, struct);
    return undefined;
  },
  read: readStruct,
});

export const ListValueCodec = codec<readonly Value[]>({
  write(writer, list) {
    writeList(writer, list);
    return undefined;
  },
  read: readList,
});
