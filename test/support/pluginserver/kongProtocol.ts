/**
 * Kong's side of ProtoBuf:1 from its own description, carried out by protobufjs' reflection: a second opinion on our
 * hand-written codecs.
 *
 * @see https://github.com/Kong/kong/blob/3.9.3/kong/include/kong/pluginsocket.proto
 */

import protobuf from 'protobufjs';

const { root } = protobuf.parse(
  `syntax = "proto3";
  message Empty {}
  message Value {
    oneof kind {
      int32 null_value = 1; double number_value = 2; string string_value = 3; bool bool_value = 4;
      Struct struct_value = 5; ListValue list_value = 6;
    }
  }
  message Struct { map<string, Value> fields = 1; }
  message ListValue { repeated Value values = 1; }

  message CmdGetPluginNames {}
  message CmdGetPluginInfo { string name = 1; }
  message CmdStartInstance { string name = 1; bytes config = 2; }
  message CmdGetInstanceStatus { int32 instance_id = 1; }
  message CmdCloseInstance { int32 instance_id = 1; }
  message CmdHandleEvent { int32 instance_id = 1; string event_name = 2; }
  message RpcCall {
    int64 sequence = 1;
    oneof call {
      CmdGetPluginNames cmd_get_plugin_names = 31; CmdGetPluginInfo cmd_get_plugin_info = 32;
      CmdStartInstance cmd_start_instance = 33; CmdGetInstanceStatus cmd_get_instance_status = 34;
      CmdCloseInstance cmd_close_instance = 35; CmdHandleEvent cmd_handle_event = 36;
    }
  }
  message PluginNames { repeated string names = 1; }
  message PluginInfo {
    string name = 1; int64 updated_at = 2; int64 loaded_at = 3; repeated string phases = 4; string version = 5;
    int32 priority = 6; string schema = 7;
  }
  message InstanceStatus { string name = 1; int32 instance_id = 2; Value config = 3; int64 started_at = 4; }
  message RpcReturn {
    int64 sequence = 1;
    oneof return { PluginNames plugin_names = 31; PluginInfo plugin_info = 32; InstanceStatus instance_status = 33; }
  }

  message KV { string k = 1; Value v = 2; }
  message Bool { bool v = 1; }
  message Int { int32 v = 1; }
  message Number { double v = 1; }
  message String { string v = 1; }
  message ByteString { bytes v = 1; }
  message ExitArgs { int32 status = 1; bytes body = 2; Struct headers = 3; }
  message RawBodyResult { oneof kind { bytes content = 1; string body_filepath = 2; string error = 3; } }
  message ServiceKey { string id = 1; }
  message CertificateKey { string id = 1; }
  message Route {
    string id = 1; int64 created_at = 2; int64 updated_at = 3; string name = 4; repeated string protocols = 5;
    repeated string methods = 6; repeated string hosts = 7; repeated string paths = 8; repeated string headers = 9;
    int32 https_redirect_status_code = 10; int32 regex_priority = 11; bool strip_path = 12; bool preserve_host = 13;
    repeated string snis = 14; repeated string sources = 15; repeated string destinations = 16;
    repeated string tags = 17; ServiceKey service = 18;
  }
  message Service {
    string id = 1; int64 created_at = 2; int64 updated_at = 3; string name = 4; int32 retries = 5;
    string protocol = 6; string host = 7; int32 port = 8; string path = 9; int32 connect_timeout = 10;
    int32 write_timeout = 11; int32 read_timeout = 12; repeated string tags = 13;
    CertificateKey client_certificate = 14;
  }
  message Target { string host = 1; int32 port = 2; }`,
  { keepCase: true },
);

/** What Kong's encoder writes for a message given as a plain object; Value, Struct and ListValue are JSON. */
export function kongEncode(type: string, message: unknown): Buffer {
  const messageType = root.lookupType(type);
  return Buffer.from(messageType.encode(messageType.fromObject(wrap(type, message) as object)).finish());
}

/** What Kong's decoder reads: left-out fields have their defaults, `oneof` members are there or not. */
export function kongDecode(type: string, bytes: Uint8Array): unknown {
  const messageType = root.lookupType(type);
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
    if (plain === null) return { null_value: 0 };
    if (Array.isArray(plain)) return { list_value: wrap('ListValue', plain) };
    if (typeof plain === 'object') return { struct_value: wrap('Struct', plain) };
    return { [`${typeof plain === 'boolean' ? 'bool' : typeof plain}_value`]: plain };
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
    const [kind = 'null_value', value] = Object.entries(fields)[0] ?? [];
    if (kind === 'null_value') return null;
    if (kind === 'list_value') return unwrap('ListValue', value);
    return kind === 'struct_value' ? unwrap('Struct', value) : value;
  }
  if (type === 'ListValue') return (fields.values as unknown[]).map((item) => unwrap('Value', item));
  if (type === 'Struct') {
    const entries = Object.entries(fields.fields as Fields);
    return Object.fromEntries(entries.map(([key, value]) => [key, unwrap('Value', value)]));
  }
  return mapFields(type, fields, unwrap);
}

function mapFields(type: string, object: Fields, map: (type: string, value: unknown) => unknown): Fields {
  const messageType = root.lookupType(type);
  const mapped = Object.entries(object).map(([name, value]) => {
    const field = messageType.fields[name];
    if (field === undefined) throw new Error(`${type} has no field ${name}`);
    const isMessage = field.resolve().resolvedType !== null && value !== null;
    return [name, isMessage ? map(field.type, value) : value];
  });
  return Object.fromEntries(mapped);
}

/** Argument and result of Kong's functions, as `service Kong` of its description states them. */
export const KONG_SERVICE: ReadonlyMap<string, readonly [args: string, result: string]> = new Map(
  `kong.client.get_ip Empty String
  kong.client.get_forwarded_ip Empty String
  kong.client.get_port Empty Int
  kong.client.get_forwarded_port Empty Int
  kong.ctx.shared.set KV Empty
  kong.ctx.shared.get String Value
  kong.ip.is_trusted String Bool
  kong.log.alert ListValue Empty
  kong.log.crit ListValue Empty
  kong.log.err ListValue Empty
  kong.log.warn ListValue Empty
  kong.log.notice ListValue Empty
  kong.log.info ListValue Empty
  kong.log.debug ListValue Empty
  kong.nginx.get_var String String
  kong.node.get_id Empty String
  kong.request.get_scheme Empty String
  kong.request.get_host Empty String
  kong.request.get_port Empty Int
  kong.request.get_forwarded_scheme Empty String
  kong.request.get_forwarded_host Empty String
  kong.request.get_forwarded_port Empty Int
  kong.request.get_http_version Empty Number
  kong.request.get_method Empty String
  kong.request.get_path Empty String
  kong.request.get_path_with_query Empty String
  kong.request.get_raw_query Empty String
  kong.request.get_query_arg String String
  kong.request.get_query Int Struct
  kong.request.get_header String String
  kong.request.get_headers Int Struct
  kong.request.get_raw_body Empty RawBodyResult
  kong.response.get_status Empty Int
  kong.response.get_header String String
  kong.response.get_headers Int Struct
  kong.response.get_source Empty String
  kong.response.set_status Int Empty
  kong.response.set_header KV Empty
  kong.response.add_header KV Empty
  kong.response.clear_header String Empty
  kong.response.set_headers Struct Empty
  kong.response.exit ExitArgs Empty
  kong.router.get_route Empty Route
  kong.router.get_service Empty Service
  kong.service.set_upstream String Bool
  kong.service.set_target Target Empty
  kong.service.request.set_scheme String Empty
  kong.service.request.set_path String Empty
  kong.service.request.set_raw_query String Empty
  kong.service.request.set_method String Empty
  kong.service.request.set_query Struct Empty
  kong.service.request.set_header KV Empty
  kong.service.request.add_header KV Empty
  kong.service.request.clear_header String Empty
  kong.service.request.set_headers Struct Empty
  kong.service.request.set_raw_body ByteString Empty
  kong.service.response.get_status Empty Int
  kong.service.response.get_header String String
  kong.service.response.get_headers Int Struct
  kong.service.response.get_raw_body Empty ByteString`
    .split('\n')
    .map((line) => {
      const [name, args, result] = line.trim().split(' ') as [string, string, string];
      return [name, [args, result]];
    }),
);
