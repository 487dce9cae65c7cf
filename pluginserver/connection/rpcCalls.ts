/** Kong's calls other than events: they describe plugins, and start, inspect and close instances. */

import type { Logger } from 'pino';
import type { Instance, InstanceRegistry } from '../instances';
import { kongSchema, type LoadedPlugin, pluginNamed } from '../plugin';
import type { RpcCall, RpcReturn } from '../protocol/rpc';

export interface Hosted {
  plugins: readonly LoadedPlugin[];
  instances: InstanceRegistry;
  log: Logger;
}

type InstanceOrPluginCall = Exclude<RpcCall, { command: 'handleEvent' }>;

/**
 * Carries out a call. If what it names doesn't exist, the answer is empty.
 *
 * @returns undefined if the connection must be closed, which tells Kong that a start has failed
 */
export async function answerTo(call: InstanceOrPluginCall, hosted: Hosted): Promise<RpcReturn | undefined> {
  const { sequence } = call;
  const { plugins, instances, log } = hosted;
  switch (call.command) {
    case 'startInstance':
      return startInstance(call, hosted);
    case 'closeInstance': {
      const instance = instances.close(call.instanceId);
      log.debug({ instance: instance?.id }, 'instance closed');
      return { sequence, ...statusOf(instance) };
    }
    case 'getInstanceStatus': {
      const instance = instances.get(call.instanceId);
      log.debug({ instance: instance?.id }, 'instance asked for');
      return { sequence, ...statusOf(instance) };
    }
    case 'getPluginNames':
      return { sequence, pluginNames: plugins.map(({ name }) => name) };
    case 'getPluginInfo': {
      const plugin = pluginNamed(plugins, call.name);
      if (plugin === undefined) return { sequence };
      return { sequence, pluginInfo: { ...plugin, schema: JSON.stringify(kongSchema(plugin)) } };
    }
  }
}

async function startInstance(
  { sequence, name, config }: Extract<RpcCall, { command: 'startInstance' }>,
  { instances, log }: Hosted,
): Promise<RpcReturn | undefined> {
  try {
    const instance = await instances.start(name, config);
    log.info({ plugin: name, instance: instance.id }, 'instance started');
    return { sequence, ...statusOf(instance) };
  } catch (error) {
    // Kong answers this request with a 500 and asks again with the next one.
    log.error({ plugin: name, err: error }, 'instance not started');
    return undefined;
  }
}

function statusOf(instance: Instance | undefined): Pick<RpcReturn, 'instanceStatus'> {
  if (instance === undefined) return {};
  const { id, plugin, startedAt } = instance;
  return { instanceStatus: { name: plugin.name, instanceId: id, startedAt } };
}
