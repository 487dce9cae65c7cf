/** The PDK's methods by Kong's names: the messages of their arguments and answers. */

import type { Codec } from './codec';
import { OptionalConsumerCodec, RouteCodec, ServiceCodec } from './entities';
import * as m from './messages';
import { StructCodec, ValueCodec } from './values';

/**
 * How Kong answers a method. `value`: with a result. `nothing`: with an empty frame; if the call fails, Kong itself ends
 * the request with a 500. `never`: not at all, because the event is over.
 */
export type Answers = 'value' | 'nothing' | 'never';

export interface Method<Args extends unknown[] = unknown[], Result = unknown> {
  args: Codec<Args>;
  result: Codec<Result>;
  answers: Answers;
}

function get<Args extends unknown[], Result>(args: Codec<Args>, result: Codec<Result>): Method<Args, Result> {
  return { args, result, answers: 'value' };
}

function set<Args extends unknown[]>(args: Codec<Args>): Method<Args, void> {
  return { args, result: m.Empty, answers: 'nothing' };
}

const none = m.NoArguments;
const str = m.one(m.Str);

export const METHODS = {
  'kong.client.get_ip': get(none, m.Str),
  'kong.client.get_forwarded_ip': get(none, m.Str),
  'kong.client.get_port': get(none, m.Int),
  'kong.client.get_forwarded_port': get(none, m.Int),
  'kong.client.get_consumer': get(none, OptionalConsumerCodec),

  'kong.ctx.shared.get': get(str, ValueCodec),
  'kong.ctx.shared.set': set(m.KeyValue),

  'kong.ip.is_trusted': get(str, m.Bool),

  'kong.log.alert': set(m.LogArguments),
  'kong.log.crit': set(m.LogArguments),
  'kong.log.err': set(m.LogArguments),
  'kong.log.warn': set(m.LogArguments),
  'kong.log.notice': set(m.LogArguments),
  'kong.log.info': set(m.LogArguments),
  'kong.log.debug': set(m.LogArguments),

  'kong.nginx.get_var': get(str, m.OptionalStr),

  'kong.node.get_id': get(none, m.Str),

  'kong.request.get_scheme': get(none, m.Str),
  'kong.request.get_host': get(none, m.Str),
  'kong.request.get_port': get(none, m.Int),
  'kong.request.get_forwarded_scheme': get(none, m.Str),
  'kong.request.get_forwarded_host': get(none, m.Str),
  'kong.request.get_forwarded_port': get(none, m.Int),
  'kong.request.get_http_version': get(none, m.Num),
  'kong.request.get_method': get(none, m.Str),
  'kong.request.get_path': get(none, m.Str),
  'kong.request.get_path_with_query': get(none, m.Str),
  'kong.request.get_raw_query': get(none, m.Str),
  'kong.request.get_query_arg': get(str, m.OptionalStr),
  'kong.request.get_query': get(m.MaxEntries, StructCodec),
  'kong.request.get_header': get(str, m.OptionalStr),
  'kong.request.get_headers': get(m.MaxEntries, StructCodec),
  'kong.request.get_raw_body': get(none, m.RawBody),

  'kong.response.get_status': get(none, m.Int),
  'kong.response.get_header': get(str, m.OptionalStr),
  'kong.response.get_headers': get(m.MaxEntries, StructCodec),
  'kong.response.get_source': get(none, m.Str),
  'kong.response.set_status': set(m.one(m.Int)),
  'kong.response.set_header': set(m.KeyValue),
  'kong.response.add_header': set(m.KeyValue),
  'kong.response.clear_header': set(str),
  'kong.response.set_headers': set(m.one(StructCodec)),
  'kong.response.exit': { args: m.ExitArgs, result: m.Empty, answers: 'never' },

  'kong.router.get_route': get(none, RouteCodec),
  'kong.router.get_service': get(none, ServiceCodec),

  'kong.service.set_upstream': get(str, m.Bool),
  'kong.service.set_target': set(m.Target),
  'kong.service.request.set_scheme': set(str),
  'kong.service.request.set_path': set(str),
  'kong.service.request.set_raw_query': set(str),
  'kong.service.request.set_method': set(str),
  'kong.service.request.set_query': set(m.one(StructCodec)),
  'kong.service.request.set_header': set(m.KeyValue),
  'kong.service.request.add_header': set(m.KeyValue),
  'kong.service.request.clear_header': set(str),
  'kong.service.request.set_headers': set(m.one(StructCodec)),
  'kong.service.request.set_raw_body': set(m.one(m.ByteString)),
  'kong.service.response.get_status': get(none, m.Int),
  'kong.service.response.get_header': get(str, m.OptionalStr),
  'kong.service.response.get_headers': get(m.MaxEntries, StructCodec),
  'kong.service.response.get_raw_body': get(none, m.ByteString),
} satisfies Record<string, object>;

export type MethodName = keyof typeof METHODS;
