/** How events are compared with their contracts. */

import type { ConfigValues } from './checkConfig';
import type { FieldPaths } from './eventFields';

export interface ContractsConfig {
  /** Whether an event that violates its contract is refused. Otherwise it is stored with a note. */
  enforces: boolean;
  /** Whether an event without a contract is refused too. */
  refusesUnknown: boolean;
  /** The path of the field that names an event's contract; undefined for `event` if `type` is `track`, else `type`. */
  name: readonly string[] | undefined;
  /** The path of the field with the version; undefined for the newest. */
  version: readonly string[] | undefined;
  /** The field where the result goes; undefined for none. */
  result: number | undefined;
}

/** @throws ConfigError */
export function contractsConfig(values: ConfigValues, paths: FieldPaths): ContractsConfig | undefined {
  const { contracts, contract_name_field: name, contract_version_field: version } = values;
  if (contracts === 'off') return undefined;
  const enforces = contracts === 'enforce';
  const resultPath = values.contract_field ?? (enforces ? undefined : 'contract');
  return {
    enforces,
    refusesUnknown: enforces && values.contract_unknown === 'refuse',
    name: name?.split('.'),
    version: version?.split('.'),
    result: resultPath === undefined ? undefined : paths.set('contract_field', resultPath),
  };
}
