/** The tracker without a browser, before a scripted gateway. */

import { type Core, createCore } from '../../../tracker/core/createCore';
import type { CoreOptions } from '../../../tracker/core/types';
import { memoryStorage } from './memoryStorage';
import { scriptedGateway } from './scriptedGateway';

/** `restart` makes another one on the same storage, as the next page does. */
export function start(options: Partial<CoreOptions> = {}) {
  const gateway = scriptedGateway();
  const storage = memoryStorage();
  const restart = (more: Partial<CoreOptions> = {}): Core =>
    createCore({ transport: gateway.transport, storage, ...options, ...more });
  return { gateway, storage, restart, core: restart() };
}

export function trackAll(core: Core, ...names: string[]): void {
  for (const name of names) core.track(name);
}
