/** Finds the route of a request, in the order used by Kong's `traditional_compatible` router. */

import type { RouteEntity } from '../config/readRoute';

export interface Router {
  /**
   * @param path normalized. @param host without a port, lower case
   * @returns the route, and the part of the path that its `paths` matched; empty for a route without paths
   */
  match(method: string, host: string, path: string): { route: RouteEntity; prefix: string } | undefined;
}

/** A rule that the sandbox can't check matches any request, so that none goes to a laxer route instead. */
export function createRouter(routes: readonly RouteEntity[]): Router {
  const candidates = routes
    .filter(({ service }) => service.enabled)
    .flatMap((route) => (route.paths ?? ['']).map((prefix) => ({ route, prefix })))
    // Routes with more kinds of rules come first, then those with unchecked rules, then longer prefixes.
    .sort(
      (a, b) =>
        b.route.kindsOfRules - a.route.kindsOfRules ||
        b.route.uncheckedRules.length - a.route.uncheckedRules.length ||
        b.prefix.length - a.prefix.length,
    );
  return {
    match: (method, host, path) =>
      candidates.find(
        ({ route: { methods, hosts }, prefix }) =>
          (methods?.includes(method) ?? true) && (hosts?.includes(host) ?? true) && path.startsWith(prefix),
      ),
  };
}
