/** Compares an event with its contract. */

import type { ContractsConfig } from '../config/contractsConfig';
import type { Contract, ContractSet } from './ContractSet';

/** The result of comparing an event with its contract, with a few violations in words. */
export type Verdict =
  | { status: 'ok'; contract: Contract }
  | { status: 'violated'; contract: Contract; violations: readonly string[] }
  | { status: 'unknown' };

const UNKNOWN: Verdict = { status: 'unknown' };

/**
 * @param event as it will be stored
 * @param bytes of its text and of the earlier events of its request that violated their contracts
 */
export function judge(
  event: unknown,
  bytes: number,
  config: ContractsConfig,
  contracts: ContractSet,
): Verdict {
  const contract = contractFor(event, config, contracts);
  if (contract === undefined) {
    contracts.counts.unknown++;
    return UNKNOWN;
  }
  const violations = contract.check(event, bytes);
  if (violations === undefined) {
    contract.counts.ok++;
    return { status: 'ok', contract };
  }
  contract.counts.violated++;
  return { status: 'violated', contract, violations };
}

/** The contract that an event names. @returns undefined if there is none with that name or version */
export function contractFor(
  event: unknown,
  { name: namePath, version: versionPath }: Pick<ContractsConfig, 'name' | 'version'>,
  contracts: ContractSet,
): Contract | undefined {
  const name = nameOf(event, namePath);
  if (name === undefined) return undefined;
  const version = versionPath && valueAt(event, versionPath);
  if (version === undefined) return contracts.find(name);
  // An object may convert to any text, and some convert to none.
  return isVersion(version) ? contracts.find(name, String(version)) : undefined;
}

const isVersion = (value: unknown) => typeof value === 'string' || typeof value === 'number';

const TYPE = ['type'];
const EVENT = ['event'];

/** @param path of the field that has it; undefined for the usual ones */
export function nameOf(event: unknown, path: readonly string[] | undefined): string | undefined {
  const name = path === undefined ? usualName(event) : valueAt(event, path);
  return typeof name === 'string' ? name : undefined;
}

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
