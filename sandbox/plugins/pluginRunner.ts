/** Runs a request's plugins in order, both the sandbox's and those of plugin servers. */

import type { BaseLogger } from 'pino';
import { idOf } from '../config/fields';
import type { PluginEntity } from '../config/readPlugin';
import type { Answer } from '../http/answer';
import type { RequestContext } from '../http/requestContext';
import type { ExternalPlugin, InstanceConfig } from '../kong/externalPlugin';
import { createExecutor } from '../kong/pdk/createExecutor';
import { answerPreflight, setCorsHeaders } from './cors';
import { createRateLimiter } from './rateLimiting';
import { limitRequestSize } from './requestSizeLimiting';

export interface RunnableExternalPlugin {
  phases: readonly string[];
  plugin: ExternalPlugin;
}

/** A plugin's access phase: it does nothing about a request, or answers it. @throws Refusal */
type Access = (
  plugin: PluginEntity,
  request: RequestContext,
) => Answer | undefined | Promise<Answer | undefined>;

/** All of these end with the first plugin that answers. @throws Refusal, or what makes Kong answer 500 */
export interface PluginRunner {
  access(request: RequestContext): Promise<Answer | undefined>;
  /** Whether a plugin of the request has a `response` phase, for which the upstream's answer is held back. */
  hasResponsePhase(request: RequestContext): boolean;
  response(request: RequestContext): Promise<Answer | undefined>;
  /** Changes the headers of an answer that is about to be sent. */
  headerFilter(request: RequestContext): void;
}

export function createPluginRunner(
  externalPlugins: ReadonlyMap<string, RunnableExternalPlugin>,
  log: BaseLogger,
): PluginRunner {
  const bundled: Record<string, Access> = {
    cors: answerPreflight,
    'request-size-limiting': limitRequestSize,
    'rate-limiting': createRateLimiter(),
  };

  const handles = ({ type }: PluginEntity, phase: string) =>
    externalPlugins.get(type.name)?.phases.includes(phase) === true;

  async function runExternal(plugin: PluginEntity, phase: 'access' | 'response', request: RequestContext) {
    if (!handles(plugin, phase)) return undefined;
    const { name } = plugin.type;
    let exited: Answer | undefined;
    const execute = createExecutor(phase, {
      request,
      log: (level, message) => log[level]({ plugin: name, requestId: request.id }, message),
      exit: (answer) => {
        exited = answer;
      },
    });
    const external = externalPlugins.get(name)!.plugin;
    // Kong closes an abandoned connection when the request that used it ends.
    await external.handleEvent(instanceConfigOf(plugin), phase, execute, request.atEnd);
    return exited;
  }

  return {
    async access(request) {
      for (const plugin of request.plugins) {
        const run = bundled[plugin.type.name];
        const answer = await (run === undefined
          ? runExternal(plugin, 'access', request)
          : run(plugin, request));
        if (answer !== undefined) return answer;
      }
      return undefined;
    },
    hasResponsePhase: ({ plugins }) => plugins.some((plugin) => handles(plugin, 'response')),
    async response(request) {
      for (const plugin of request.plugins) {
        const answer = await runExternal(plugin, 'response', request);
        if (answer !== undefined) return answer;
      }
      return undefined;
    },
    headerFilter(request) {
      const cors = request.plugins.find(({ type }) => type.name === 'cors');
      if (cors !== undefined) setCorsHeaders(cors, request);
    },
  };
}

const WORKSPACE_ID = idOf('workspaces', 'default');

/** The configuration as Kong passes it to a plugin server: absent fields null, with Kong's own keys. */
export function instanceConfigOf({ id, type, route, service, config, seq }: PluginEntity): InstanceConfig {
  const kongsOwn = () => ({
    __key__: `plugins:${type.name}:${route?.id ?? ''}:${service?.id ?? ''}:::${WORKSPACE_ID}`,
    __plugin_id: id,
    __seq__: seq,
    __ws_id: WORKSPACE_ID,
    ...(route && { route_id: route.id }),
    ...(service && { service_id: service.id }),
  });
  return { pluginId: id, seq, json: () => Buffer.from(JSON.stringify({ ...config, ...kongsOwn() })) };
}
