/** Compares events with their contracts, as the plugin does. */

import type { ContractSet } from '../../plugins/kinesis-ingest/contracts/ContractSet';
import { contractFor } from '../../plugins/kinesis-ingest/contracts/judge';
import type { ReadEvent } from './readEvents';

export interface CheckSummary {
  ok: number;
  violated: number;
  unknown: number;
}

export interface Names {
  /** The dotted paths of the plugin's `contract_name_field` and `contract_version_field`. */
  nameField?: string;
  versionField?: string;
}

/** @param onViolated is called for each event that breaks its contract */
export async function checkEvents(
  events: AsyncIterable<ReadEvent>,
  contracts: ContractSet,
  { nameField, versionField }: Names,
  onViolated: (place: string, contract: string, violations: readonly string[]) => void,
): Promise<CheckSummary> {
  const summary: CheckSummary = { ok: 0, violated: 0, unknown: 0 };
  const paths = { name: nameField?.split('.'), version: versionField?.split('.') };
  for await (const { place, event, bytes } of events) {
    const contract = contractFor(event, paths, contracts);
    const violations = contract?.check(event, bytes);
    if (contract === undefined) summary.unknown++;
    else if (violations === undefined) summary.ok++;
    else {
      summary.violated++;
      onViolated(place, `${contract.name} (version ${contract.version})`, violations);
    }
  }
  return summary;
}
