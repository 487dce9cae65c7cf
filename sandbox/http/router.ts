/** Finds the route of a request, in the order that Kong's `traditional_compatible` router goes by. */

import type { RouteEntity } from '../config/entities';

interface RouteMatch {
  route: RouteEntity;
  /** The part of the path that the route's `paths` matched; empty for a route without paths. */
  prefix: string;
}

export interface Router {
  /** @param path normalized. @param host without a port, lower case */
  match(method: string, host: string, port: number, path: string): RouteMatch | undefined;
}

interface Candidate {
  route: RouteEntity;
  prefix: (path: string) => string | undefined;
  hosts: ((host: string, port: number) => boolean)[];
  rank: readonly number[];
}

export function createRouter(routes: readonly RouteEntity[]): Router {
  const candidates = routes
    .filter((route) => route.served)
    .flatMap((route) => (route.paths ?? [undefined]).map((path) => toCandidate(route, path)))
    .sort((a, b) => compareRanks(b.rank, a.rank));
  return {
    match(method, host, port, path) {
      for (const { route, prefix, hosts } of candidates) {
        if (route.methods !== undefined && !route.methods.includes(method)) continue;
        if (hosts.length > 0 && !hosts.some((matches) => matches(host, port))) continue;
        const matched = prefix(path);
        if (matched !== undefined) return { route, prefix: matched };
      }
      return undefined;
    },
  };
}

/**
 * More kinds of rules come first, then hosts without wildcards, regexes before prefixes, a higher regex_priority,
 * a longer prefix.
 */
function toCandidate(route: RouteEntity, path: string | undefined): Candidate {
  const regex = path?.startsWith('~') === true;
  const kinds = [route.methods, route.hosts, path].filter((rule) => rule !== undefined).length;
  const plainHosts = route.hosts !== undefined && !route.hosts.some((host) => host.includes('*'));
  return {
    route,
    prefix:
      path === undefined
        ? () => ''
        : regex
          ? regexPrefix(path)
          : (p) => (p.startsWith(path) ? path : undefined),
    hosts: route.hosts?.map(hostMatcher) ?? [],
    rank: [
      kinds,
      Number(plainHosts),
      Number(regex),
      regex ? route.regexPriority : 0,
      regex ? 0 : (path?.length ?? 0),
    ],
  };
}

function regexPrefix(path: string): (path: string) => string | undefined {
  const regex = new RegExp(`^(?:${path.slice(1).replace(/^\^/, '')})`);
  return (p) => regex.exec(p)?.[0];
}

function hostMatcher(pattern: string): (host: string, port: number) => boolean {
  const [name = '', port] = pattern.toLowerCase().split(':');
  const onPort = (actual: number) => port === undefined || Number(port) === actual;
  if (name.startsWith('*')) return (host, actual) => host.endsWith(name.slice(1)) && onPort(actual);
  if (name.endsWith('*')) return (host, actual) => host.startsWith(name.slice(0, -1)) && onPort(actual);
  return (host, actual) => host === name && onPort(actual);
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}
