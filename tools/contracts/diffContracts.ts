/** What changes from one folder of contracts to another, and for whom. */

import type { Contract, ContractSet } from '../../plugins/kinesis-ingest/contracts/ContractSet';
import type { BreaksFor, Change } from './Change';
import { diffSchemas } from './diffSchemas';
import { inlined } from './inlined';

/** Compares the newest version of each name, since events without a version are checked against that one. */
export function diffContracts(former: ContractSet, latter: ContractSet): Change[] {
  const names = [...new Set([...former.all, ...latter.all].map(({ name }) => name))].sort();
  return names.flatMap((name) => changesOf(name, former, latter));
}

function changesOf(name: string, former: ContractSet, latter: ContractSet): Change[] {
  const before = former.find(name);
  const after = latter.find(name);
  if (after === undefined) return [whole(before!, 'the contract is gone', 'consumers')];
  // What nobody checked before may be refused from now on.
  if (before === undefined) return [whole(after, 'the contract is new', 'producers')];
  return diffSchemas(inlined(before, former), inlined(after, latter)).map((change) => ({
    contract: `${name} (version ${before.version === after.version ? '' : `${before.version} → `}${after.version})`,
    ...change,
  }));
}

function whole({ name, version }: Contract, what: string, breaks: BreaksFor): Change {
  return { contract: `${name} (version ${version})`, pointer: '', what, breaks };
}
