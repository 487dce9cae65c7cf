/** A plugin that lives in a plugin server: its instances, started when first needed, and its events. */

import type { BaseLogger } from 'pino';
import { RpcError } from './connection';
import type { Abandon, Execute, RpcClient } from './rpcClient';

/**
 * Kong repeats an event whose connection was closed at once and without end (Kong #9301); the sandbox gives up
 * after this many times, so that such a fault shows instead of burning a laptop's CPU.
 */
const DEFAULT_MAX_REPEATS = 100;

/** One configuration of a plugin, as a plugin server gets it. */
export interface InstanceConfig {
  /** The id of the plugin entity in `kong.yml`. */
  pluginId: string;
  /** Changes with every change of the configuration; an instance of another number is replaced. */
  seq: number;
  /** The configuration as JSON, Kong's own keys included. */
  json: Uint8Array;
}

export interface ExternalPlugin {
  /**
   * Runs one phase of the plugin for one request.
   *
   * @returns `exited` when the plugin answered the request itself
   * @throws when Kong would answer 500: the server is gone, the instance doesn't start, a PDK call failed
   */
  handleEvent(
    config: InstanceConfig,
    phase: string,
    execute: Execute,
    abandon: Abandon,
  ): Promise<'returned' | 'exited'>;
}

export interface ExternalPluginOptions {
  name: string;
  rpc: Pick<RpcClient, 'startInstance' | 'closeInstance' | 'handleEvent'>;
  log: Pick<BaseLogger, 'warn'>;
  maxRepeats?: number;
}

interface Instance {
  seq: number;
  id: number | undefined;
  started: Promise<number>;
}

export function createExternalPlugin(options: ExternalPluginOptions): ExternalPlugin {
  const { name, rpc, log, maxRepeats = DEFAULT_MAX_REPEATS } = options;
  const instances = new Map<string, Instance>();

  function start(config: InstanceConfig, old: Instance | undefined): Promise<number> {
    const instance: Instance = {
      seq: config.seq,
      id: undefined,
      started: rpc.startInstance(name, config.json).then(
        (id) => {
          instance.id = id;
          // Nobody waits for it, and another worker may have closed it first.
          if (old?.id !== undefined) rpc.closeInstance(old.id).catch(() => undefined);
          return id;
        },
        (error: unknown) => {
          if (instances.get(config.pluginId) === instance) instances.delete(config.pluginId);
          throw error;
        },
      ),
    };
    instances.set(config.pluginId, instance);
    return instance.started;
  }

  async function instanceIdFor(config: InstanceConfig): Promise<number> {
    for (;;) {
      const instance = instances.get(config.pluginId);
      if (instance === undefined) return start(config, undefined);
      if (instance.id === undefined) {
        // Where the one that is starting fails, everybody who waited tries for themselves, as in Kong.
        await instance.started.catch(() => undefined);
        continue;
      }
      return instance.seq === config.seq ? instance.id : start(config, instance);
    }
  }

  return {
    async handleEvent(config, phase, execute, abandon) {
      for (let repeats = 0; ; repeats++) {
        const instanceId = await instanceIdFor(config);
        try {
          return await rpc.handleEvent(instanceId, phase, execute, abandon);
        } catch (error) {
          if (!(error instanceof RpcError) || error.kind !== 'closed') throw error;
          if (repeats === maxRepeats) {
            log.warn(
              { plugin: name, repeats },
              'the plugin server closes the connection of every event: the sandbox stops here, Kong would repeat it without end',
            );
            throw error;
          }
          // The server has probably been restarted, so none of its instances exists any more.
          instances.clear();
        }
      }
    },
  };
}
