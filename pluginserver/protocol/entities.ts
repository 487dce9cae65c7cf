/** Kong entities that a plugin may ask for, with the fields it gets. */

import { type Codec, codec, readFields, tag } from './codec';
import { Str } from './messages';

export interface Service {
  id: string;
  name: string;
  protocol: string;
  host: string;
  port: number;
  path: string;
  tags: string[];
}

export interface Route {
  id: string;
  name: string;
  protocols: string[];
  methods: string[];
  hosts: string[];
  paths: string[];
  stripPath: boolean;
  preserveHost: boolean;
  tags: string[];
  service?: { id: string };
}

/** Whoever has authenticated to Kong, with a user name, a custom id, or both; a missing one is empty. */
export interface Consumer {
  id: string;
  username: string;
  customId: string;
  tags: string[];
}

type EntityField = readonly [
  field: number,
  name: string,
  kind: 'string' | 'int' | 'bool' | 'strings' | 'key',
];

/** An entity's codec from its field table; `key` is a message `{string id=1}`. */
function entity<T extends object>(fields: readonly EntityField[]): Codec<T> {
  return codec<T>({
    write(writer, value) {
      for (const [field, name, kind] of fields) {
        const v = (value as Record<string, unknown>)[name];
        if (v === undefined) continue;
        if (kind === 'string') writer.uint32(tag(field, 2)).string(v as string);
        else if (kind === 'int') writer.uint32(tag(field, 0)).int32(v as number);
        else if (kind === 'bool') writer.uint32(tag(field, 0)).bool(v as boolean);
        else if (kind === 'strings')
          for (const item of v as string[]) writer.uint32(tag(field, 2)).string(item);
        else
          writer
            .uint32(tag(field, 2))
            .fork()
            .uint32(tag(1, 2))
            .string((v as { id: string }).id)
            .ldelim();
      }
      return undefined;
    },
    read(reader, end) {
      const value: Record<string, unknown> = {};
      for (const [, name, kind] of fields) {
        if (kind !== 'key') value[name] = { string: '', int: 0, bool: false, strings: [] }[kind];
      }
      readFields(reader, end, (fieldTag) => {
        const known = fields.find(([field]) => field === fieldTag >>> 3);
        if (known === undefined) return false;
        const [, name, kind] = known;
        if (kind === 'string') value[name] = reader.string();
        else if (kind === 'int') value[name] = reader.int32();
        else if (kind === 'bool') value[name] = reader.bool();
        else if (kind === 'strings') value[name] = [...(value[name] as string[]), reader.string()];
        else {
          const id = Str.read(reader, reader.uint32() + reader.pos);
          value[name] = { id };
        }
        return true;
      });
      return value as T;
    },
  });
}

const ConsumerCodec = entity<Consumer>([
  [1, 'id', 'string'],
  [3, 'username', 'string'],
  [4, 'customId', 'string'],
  [5, 'tags', 'strings'],
]);

/** Kong's answer may be nil, which is encoded as no bytes. */
export const OptionalConsumerCodec = codec<Consumer | undefined>({
  write: (writer, consumer) => (consumer === undefined ? undefined : ConsumerCodec.write(writer, consumer)),
  read: (reader, end) => (reader.pos === end ? undefined : ConsumerCodec.read(reader, end)),
});

export const ServiceCodec = entity<Service>([
  [1, 'id', 'string'],
  [4, 'name', 'string'],
  [6, 'protocol', 'string'],
  [7, 'host', 'string'],
  [8, 'port', 'int'],
  [9, 'path', 'string'],
  [13, 'tags', 'strings'],
]);

export const RouteCodec = entity<Route>([
  [1, 'id', 'string'],
  [4, 'name', 'string'],
  [5, 'protocols', 'strings'],
  [6, 'methods', 'strings'],
  [7, 'hosts', 'strings'],
  [8, 'paths', 'strings'],
  [12, 'stripPath', 'bool'],
  [13, 'preserveHost', 'bool'],
  [17, 'tags', 'strings'],
  [18, 'service', 'key'],
]);
