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
const SETTLE_MS = 200;

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
  let last = seen;
  const contracts = {
    current: await compileContracts(sources),
    loadedAt: now(),
    problem: undefined as string | undefined,
  };
  log.info({ folder, contracts: contracts.current.all.length }, 'contracts loaded');

  /** A change is logged once, whether it can be taken or not. @returns whether to look again soon */
  async function look(): Promise<boolean> {
    const { sources, state } = await stateOf(folder);
    // A file may be half written. A change counts once the folder has stayed the same from one look to the next.
    const isSettled = state === last;
    last = state;
    if (state === seen || !isSettled) return !isSettled;
    seen = state;
    try {
      if (sources === undefined) throw new Error(state);
      contracts.current = goingOn(await compileContracts(sources, nextTurn), contracts.current);
      contracts.loadedAt = now();
      contracts.problem = undefined;
      log.info({ folder, contracts: contracts.current.all.length }, 'contracts loaded again');
    } catch (error) {
      contracts.problem = (error as Error).message;
      log.error(
        { folder, problem: contracts.problem },
        'changed contracts cannot be taken: the former ones stay in force',
      );
    }
    return false;
  }

  async function watch(): Promise<void> {
    for (let isChanging = false; ; isChanging = await look())
      await delay(isChanging ? Math.min(SETTLE_MS, lookEveryMs) : lookEveryMs, undefined, { ref: false });
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

/** The content of a folder, and a text that changes with it: a digest, or why the folder can't be read. */
async function stateOf(folder: string): Promise<{ sources?: Sources; state: string }> {
  try {
    const sources = await readFolder(folder);
    return { sources, state: digestOf(sources) };
  } catch (error) {
    return { state: (error as Error).message };
  }
}

function digestOf(sources: Sources): string {
  const hash = createHash('sha256');
  for (const [file, text] of sources) hash.update(`${file.length} ${file} ${text.length} ${text}`);
  return hash.digest('hex');
}
