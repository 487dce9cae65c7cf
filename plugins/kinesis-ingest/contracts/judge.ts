/** Compares an event with its contract. */

import type { ContractsConfig } from '../config/contractsConfig';
import { countChecked } from '../metrics';
import type { Contract, ContractSet } from './ContractSet';

/** What an event is, by its contract. */
export interface Verdict {
  status: 'ok' | 'violated' | 'unknown';
  contract?: Contract;
  /** Where it isn't as the contract says; a few, in words. */
  violations: readonly string[];
}

const UNKNOWN: Verdict = { status: 'unknown', violations: [] };

/** @param event as it will be stored @param bytes of its text */
export function judge(
  event: unknown,
  bytes: number,
  config: ContractsConfig,
  contracts: ContractSet,
): Verdict {
  const contract = contractFor(event, config, contracts);
  const violations = contract?.check(event, bytes);
  const verdict: Verdict =
    contract === undefined
      ? UNKNOWN
      : { status: violations === undefined ? 'ok' : 'violated', contract, violations: violations ?? [] };
  countChecked(verdict.status, contract);
  return verdict;
}

/** The contract that an event names. @returns undefined where there is none of that name, or none of that version */
export function contractFor(
  event: unknown,
  { name: namePath, version: versionPath }: Pick<ContractsConfig, 'name' | 'version'>,
  contracts: ContractSet,
): Contract | undefined {
  const name = namePath === undefined ? usualName(event) : valueAt(event, namePath);
  if (typeof name !== 'string') return undefined;
  const version = versionPath && valueAt(event, versionPath);
  return contracts.find(name, version === undefined ? undefined : String(version));
}

const TYPE = ['type'];
const EVENT = ['event'];

/** As in Segment's spec: only `track` has events of many kinds. */
function usualName(event: unknown): unknown {
  const type = valueAt(event, TYPE);
  return type === 'track' ? valueAt(event, EVENT) : type;
}

function valueAt(event: unknown, path: readonly string[]): unknown {
  let value = event;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
