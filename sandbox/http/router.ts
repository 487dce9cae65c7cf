/** Finds the route of a request, in the order that Kong's `traditional_compatible` router goes by. */

import type { RouteEntity } from '../config/entities';

interface RouteMatch {
  route: RouteEntity;
  /** The part of the path that the route's `paths` matched; empty for a route without paths. */
  prefix: string;
}

export interface Router {
  /** @param path normalized. @param host without a port, lower case */
  match(method: string, host: string, path: string): RouteMatch | undefined;
}

/** A route with one of its paths. */
interface Candidate {
  route: RouteEntity;
  path: string | undefined;
  isPathChecked: boolean;
  isHostChecked: boolean;
  kindsOfRules: number;
}

/** A rule that the sandbox can't check matches every request: it must not go to a laxer route instead. */
export function createRouter(routes: readonly RouteEntity[]): Router {
  const candidates = routes
    .filter(({ service }) => service?.enabled !== false)
    .flatMap((route) => (route.paths ?? [undefined]).map((path) => toCandidate(route, path)))
    .sort(compare);

  function prefixOf({ path, isPathChecked }: Candidate, requested: string): string | undefined {
    if (path === undefined || !isPathChecked) return '';
    return requested.startsWith(path) ? path : undefined;
  }
  return {
    match(method, host, path) {
      for (const candidate of candidates) {
        const { route, isHostChecked } = candidate;
        if (route.methods?.includes(method) === false) continue;
        if (isHostChecked && route.hosts?.includes(host) === false) continue;
        const prefix = prefixOf(candidate, path);
        if (prefix !== undefined) return { route, prefix };
      }
      return undefined;
    },
  };
}

function toCandidate(route: RouteEntity, path: string | undefined): Candidate {
  const { methods, hosts, uncheckedRules } = route;
  const isChecked = (rule: string) => !uncheckedRules.some((name) => name.startsWith(rule));
  const others = uncheckedRules.filter((rule) => !/^(paths|hosts)\[/.test(rule)).length;
  return {
    route,
    path,
    isPathChecked: path?.startsWith('~') !== true,
    isHostChecked: isChecked('hosts'),
    kindsOfRules: [methods, hosts, path].filter((rule) => rule !== undefined).length + others,
  };
}

/** More kinds of rules come first, then a regex before a prefix, then the longer prefix. */
function compare(a: Candidate, b: Candidate): number {
  return (
    b.kindsOfRules - a.kindsOfRules ||
    Number(a.isPathChecked) - Number(b.isPathChecked) ||
    (b.path?.length ?? 0) - (a.path?.length ?? 0)
  );
}
