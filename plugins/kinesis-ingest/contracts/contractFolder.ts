/** The contracts in force: those in a folder, read again when it changes. */

import { createHash } from 'node:crypto';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type ContractSet, compileContracts } from './ContractSet';
import { readFolder, type Sources } from './readFolder';

export interface Contracts {
  readonly current: ContractSet;
  /** When they came into force, in milliseconds since 1970. */
  readonly loadedAt: number;
  /** Why what the folder holds now isn't in force; undefined if it is. */
  readonly problem: string | undefined;
}

/**
 * How often the folder's content is checked. A ConfigMap changes when a link is set to another folder, and not every file
 * system reports changes.
 */
const LOOK_EVERY_MS = 5_000;

export interface FolderOptions {
  log: Logger;
  lookEveryMs?: number;
  now?: () => number;
}

/**
 * Loads a folder and watches it from then on. If a change can't be taken, the former contracts stay in force.
 *
 * @throws ContractsError if the folder can't be taken at first, when no former contracts could stay in force
 */
export async function openContracts(
  folder: string,
  { log, lookEveryMs = LOOK_EVERY_MS, now = Date.now }: FolderOptions,
): Promise<Contracts> {
  const sources = await readFolder(folder);
  let seen = digestOf(sources);
  const contracts = {
    current: await compileContracts(sources),
    loadedAt: now(),
    problem: undefined as string | undefined,
  };
  log.info({ folder, contracts: contracts.current.all.length }, 'contracts loaded');

  /** A change is logged once, whether it can be taken or not. */
  async function look(): Promise<void> {
    let fresh = '';
    try {
      const changed = await readFolder(folder);
      fresh = digestOf(changed);
      if (fresh === seen) return;
      contracts.current = goingOn(await compileContracts(changed, nextTurn), contracts.current);
      contracts.loadedAt = now();
      contracts.problem = undefined;
      log.info({ folder, contracts: contracts.current.all.length }, 'contracts loaded again');
    } catch (error) {
      const { message } = error as Error;
      fresh ||= message;
      if (fresh === seen) return;
      contracts.problem = message;
      log.error(
        { folder, problem: message },
        'changed contracts cannot be taken: the former ones stay in force',
      );
    }
    seen = fresh;
  }

  async function watch(): Promise<void> {
    for (;;) {
      await delay(lookEveryMs, undefined, { ref: false });
      await look();
    }
  }
  void watch();
  return contracts;
}

/** Carries the counts over. They belong to a contract's name and version, whatever it says now. */
function goingOn(contracts: ContractSet, former: ContractSet): ContractSet {
  Object.assign(contracts.counts, former.counts);
  for (const { name, version, counts } of contracts.all)
    Object.assign(counts, former.find(name, String(version))?.counts);
  return contracts;
}

function digestOf(sources: Sources): string {
  const hash = createHash('sha256');
  for (const [file, text] of sources) hash.update(`${file.length} ${file} ${text.length} ${text}`);
  return hash.digest('hex');
}
