/** `kong.ctx`, `kong.log`, `kong.node`, `kong.router`. */

import type { Route, Service } from '../../../pluginserver/protocol/entities';
import type { Value } from '../../../pluginserver/protocol/values';
import type { RouteEntity, ServiceEntity } from '../../config/entities';
import type { LogLevel, PdkCall, PdkMethods } from './types';

const textOf = (args: readonly Value[]) =>
  args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join('');
const log =
  (level: LogLevel) =>
  (call: PdkCall, ...args: Value[]) =>
    call.log(level, textOf(args));

export const OTHER_METHODS: PdkMethods = {
  'kong.ctx.shared.get': ({ request }, key) => request.shared.get(key) ?? null,
  'kong.ctx.shared.set': ({ request }, key, value) => {
    request.shared.set(key, value);
  },
  'kong.log.alert': log('error'),
  'kong.log.crit': log('error'),
  'kong.log.err': log('error'),
  'kong.log.warn': log('warn'),
  'kong.log.notice': log('info'),
  'kong.log.info': log('info'),
  'kong.log.debug': log('debug'),
  'kong.node.get_id': ({ nodeId }) => nodeId,
  'kong.router.get_route': ({ request }) =>
    request.route === undefined ? ({} as Route) : toRoute(request.route),
  'kong.router.get_service': ({ request }) =>
    request.service === undefined ? ({} as Service) : toService(request.service),
};

function toService({ id, name, protocol, host, port, path, tags }: ServiceEntity): Service {
  return { id, name, protocol, host, port, path: path ?? '', tags };
}

function toRoute(route: RouteEntity): Route {
  const { id, name, protocols, methods = [], hosts = [], paths = [], stripPath, preserveHost, tags } = route;
  const service = route.service === undefined ? {} : { service: { id: route.service.id } };
  return { id, name, protocols, methods, hosts, paths, stripPath, preserveHost, tags, ...service };
}
