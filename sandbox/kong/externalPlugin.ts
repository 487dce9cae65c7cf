/** A plugin in a plugin server: its events, and its instances, which are started when first needed. */

import type { BaseLogger } from 'pino';
import { RpcError } from './connection';
import type { Abandon, Execute, RpcClient } from './rpcClient';

/**
 * If an event's connection is closed, Kong repeats the event at once and endlessly (Kong #9301); the sandbox gives up
 * after this many times, so that such a fault shows up instead of burning a laptop's CPU.
 */
const MAX_REPEATS = 100;

/** One configuration of a plugin, as a plugin server gets it. */
export interface InstanceConfig {
  /** The id of the plugin entity in `kong.yml`. */
  pluginId: string;
  /** Changes with every change of the configuration; an instance with another number is replaced. */
  seq: number;
  /** The configuration as JSON, including Kong's own keys. */
  json(): Uint8Array;
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

interface Instance {
  seq: number;
  /** Undefined until it has started. */
  id: number | undefined;
  started: Promise<number>;
}

export function createExternalPlugin(
  name: string,
  rpc: Omit<RpcClient, 'close'>,
  log: Pick<BaseLogger, 'warn'>,
): ExternalPlugin {
  const instances = new Map<string, Instance>();

  function start({ pluginId, seq, json }: InstanceConfig, old?: Instance): Promise<number> {
    const instance: Instance = { seq, id: undefined, started: begin() };
    async function begin(): Promise<number> {
      try {
        const id = await rpc.startInstance(name, json());
        instance.id = id;
        // Nobody waits for this, and another worker may have closed it first.
        if (old?.id !== undefined) rpc.closeInstance(old.id).catch(() => undefined);
        return id;
      } catch (error) {
        if (instances.get(pluginId) === instance) instances.delete(pluginId);
        throw error;
      }
    }
    instances.set(pluginId, instance);
    return instance.started;
  }

  async function instanceIdFor(config: InstanceConfig): Promise<number> {
    for (;;) {
      const instance = instances.get(config.pluginId);
      if (instance === undefined) return start(config);
      if (instance.id !== undefined)
        return instance.seq === config.seq ? instance.id : start(config, instance);
      // If it fails to start, every request that waited for it tries again on its own, as in Kong.
      await instance.started.catch(() => undefined);
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
          if (repeats === MAX_REPEATS) {
            log.warn(
              { plugin: name, repeats },
              'the plugin server closes the connection of every event: the sandbox stops here, Kong would repeat it without end',
            );
            throw error;
          }
          // The server has probably been restarted, so its instances are gone.
          instances.clear();
        }
      }
    },
  };
}
