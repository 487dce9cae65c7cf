/** The contracts of this process, from the folder that the plugin server's option names. */

import type { Logger } from 'pino';
import { exposeContracts } from '../metrics';
import type { Contracts } from './contractFolder';

/** The options that the plugin server takes for this plugin. */
export const Options = [
  {
    flags: '--contracts <dir>',
    description: 'the folder of the contracts for events of kinesis-ingest; read again when it changes',
  },
];

let inForce: Contracts | undefined;

/** Called by the plugin server before the first event. @throws ContractsError if the folder can't be taken */
export async function start({
  log,
  options,
}: {
  log: Logger;
  options: { contracts?: string };
}): Promise<void> {
  if (options.contracts === undefined) return;
  // Loaded only here: the validator takes 7 MB and 50 ms.
  const { openContracts } = await import('./contractFolder.js');
  const contracts = await openContracts(options.contracts, { log });
  inForce = contracts;
  exposeContracts(() => ({
    all: contracts.current.all,
    unknown: contracts.current.counts.unknown,
    loadedAt: contracts.loadedAt,
    isBehind: contracts.problem !== undefined,
  }));
}

/** Undefined if the plugin server has no `--contracts`, or isn't this project's. */
export function contractsInForce(): Contracts | undefined {
  return inForce;
}
