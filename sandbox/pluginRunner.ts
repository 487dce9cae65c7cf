/** Runs the plugins of a request in their order, those of the sandbox and those of plugin servers. */

import type { BaseLogger } from 'pino';
import type { PluginEntity } from './config/entities';
import type { Refusal } from './http/answer';
import type { RequestContext } from './http/requestContext';
import type { ExternalPlugin } from './kong/externalPlugin';
import { createExecutor } from './kong/pdk/createExecutor';
import type { ExitAnswer } from './kong/pdk/types';
import { instanceConfigOf } from './plugins/instanceConfig';
import { createRateLimiter } from './plugins/rateLimiting';
import { limitRequestSize } from './plugins/requestSizeLimiting';

export interface PluginRunnerOptions {
  externalPlugins: ReadonlyMap<string, { phases: readonly string[]; plugin: ExternalPlugin }>;
  nodeId: string;
  isTrustedIp(ip: string): boolean;
  log: BaseLogger;
}

/** What a plugin did about a request: nothing, refused it, or answered it. */
type Outcome = Refusal | ExitAnswer | undefined;
type Access = (plugin: PluginEntity, request: RequestContext) => Outcome | Promise<Outcome>;

export interface PluginRunner {
  /** @returns what the first plugin did that didn't let the request pass */
  access(request: RequestContext): Promise<Outcome>;
  /** Whether a plugin of the request has a `response` phase, for which the upstream's answer is held back. */
  hasResponsePhase(request: RequestContext): boolean;
  /** @returns what the first plugin answered in the upstream's place */
  response(request: RequestContext): Promise<ExitAnswer | undefined>;
}

export function createPluginRunner(options: PluginRunnerOptions): PluginRunner {
  const { externalPlugins, log } = options;
  const rateLimiter = createRateLimiter();
  const bundled: Record<string, Access> = {
    // Its part is done before, by @fastify/cors.
    cors: () => undefined,
    'request-size-limiting': limitRequestSize,
    'rate-limiting': (plugin, request) => rateLimiter.access(plugin, request),
  };

  const handles = ({ type }: PluginEntity, phase: string) =>
    externalPlugins.get(type.name)?.phases.includes(phase) === true;

  async function runExternal(
    plugin: PluginEntity,
    phase: string,
    request: RequestContext,
  ): Promise<ExitAnswer | undefined> {
    if (!handles(plugin, phase)) return undefined;
    let exited: ExitAnswer | undefined;
    const execute = createExecutor({
      request,
      nodeId: options.nodeId,
      log: (level, message) => log[level]({ plugin: plugin.type.name, requestId: request.id }, message),
      isTrustedIp: options.isTrustedIp,
      exit: (given) => {
        exited = given;
      },
    });
    const external = externalPlugins.get(plugin.type.name)!.plugin;
    // Kong closes an abandoned connection when the request that used it ends.
    await external.handleEvent(instanceConfigOf(plugin), phase, execute, request.atEnd);
    return exited;
  }

  return {
    async access(request) {
      for (const plugin of request.plugins) {
        const run = bundled[plugin.type.name];
        const outcome = await (run === undefined
          ? runExternal(plugin, 'access', request)
          : run(plugin, request));
        if (outcome !== undefined) return outcome;
      }
      return undefined;
    },
    hasResponsePhase: ({ plugins }) => plugins.some((plugin) => handles(plugin, 'response')),
    async response(request) {
      for (const plugin of request.plugins) {
        const exited = await runExternal(plugin, 'response', request);
        if (exited !== undefined) return exited;
      }
      return undefined;
    },
  };
}
