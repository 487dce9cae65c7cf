/** What can be switched to see how events fare: the gateway, Kinesis, the rate limit. */

import type { Gateway } from '../../sandbox/gateway';
import { PERIOD_NAMES, type Period } from '../../sandbox/plugins/bundledTypes';
import type { Fault } from '../../testkit/kinesis/fault';
import type { Kinesis } from '../../testkit/kinesis/startKinesis';

export const KINESIS_STATES = ['up', 'throttles', 'times_out', 'down'] as const;
export type KinesisState = (typeof KINESIS_STATES)[number];

export interface SwitchesState {
  gateway: 'up' | 'down';
  /** Null if events go to a Kinesis other than the one started here. */
  kinesis: KinesisState | null;
  /** Limits of the first rate-limiting plugin: requests per period. Null if there is none. */
  limit: Partial<Record<Period, number | null>> | null;
}

export interface Switches {
  state(): SwitchesState;
  /** Applies one change after the other. @throws ConfigError for a limit that Kong would refuse. @throws SwitchError */
  change(change: Partial<SwitchesState>): Promise<void>;
  /** @returns a function that ends it */
  listen(listener: () => void): () => void;
}

export class SwitchError extends Error {
  override readonly name = 'SwitchError';
}

/** Longer than any gateway waits: kong.yml's `read_timeout` is 5 s. */
const TIMES_OUT_MS = 30_000;
const FAULTS: Partial<Record<KinesisState, Fault>> = {
  throttles: { failing: 1, errorCode: 'ProvisionedThroughputExceededException' },
  times_out: { delayMs: TIMES_OUT_MS },
};

/** @param kinesis undefined if events go elsewhere */
export function createSwitches(gateway: Gateway, kinesis: Kinesis | undefined): Switches {
  const listeners = new Set<() => void>();
  let gatewayState: 'up' | 'down' = 'up';
  let kinesisState: KinesisState = 'up';
  let changes: Promise<void> = Promise.resolve();

  const limiter = () => gateway.plugins.all().find(({ type }) => type.name === 'rate-limiting');

  async function setKinesis(state: KinesisState): Promise<void> {
    if (kinesis === undefined) throw new SwitchError('events go to another Kinesis than the one here');
    const fault = FAULTS[state];
    // Reading continues: only storing fails.
    kinesis.script(({ operation }) => (operation.startsWith('PutRecord') ? fault : undefined));
    await kinesis.setListening(state !== 'down');
    kinesisState = state;
  }

  function setLimit(limit: NonNullable<SwitchesState['limit']>): void {
    const plugin = limiter();
    if (plugin === undefined) throw new SwitchError('there is no rate-limiting plugin');
    gateway.plugins.change(plugin, { config: limit });
  }

  async function change({ gateway: state, kinesis: fault, limit }: Partial<SwitchesState>): Promise<void> {
    try {
      if (limit) setLimit(limit);
      if (fault) await setKinesis(fault);
      if (state) {
        await gateway.setListening(state === 'up');
        gatewayState = state;
      }
    } finally {
      for (const listener of listeners) listener();
    }
  }

  return {
    state() {
      const config = limiter()?.config;
      const limits = PERIOD_NAMES.map((period) => [period, (config?.[period] ?? null) as number | null]);
      return {
        gateway: gatewayState,
        kinesis: kinesis === undefined ? null : kinesisState,
        limit: config === undefined ? null : Object.fromEntries(limits),
      };
    },
    change(wanted) {
      const changed = changes.then(() => change(wanted));
      changes = changed.catch(() => undefined);
      return changed;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
