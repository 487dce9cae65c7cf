/** Compares an event with its contract, and notes the result among the fields that the server sets. */

import type { Reservation } from '../../../pluginserver/pdk';
import type { ContractsConfig } from '../config/contractsConfig';
import type { Contract, ContractSet } from '../contracts/ContractSet';
import { judge } from '../contracts/judge';
import { Refusal } from '../refusals';
import type { Event } from './Event';
import { eventValue } from './eventValue';
import type { RequestFields } from './requestFields';

/** What a parser makes of a byte of JSON, at its worst: `[{},{},…]`. It is there for this one event, and then no longer. */
const PARSED_PER_BYTE = 24;

/** Called once all other fields of the event are set. @throws Refusal `contract_violated`, or `overloaded` for the whole request */
export type CheckContract = (event: Event, fields: RequestFields) => void;

export function contractChecker(
  config: ContractsConfig,
  contracts: ContractSet,
  work: Reservation,
): CheckContract {
  return (event, { root, byNumber }) => {
    const bytes = event.end - event.start;
    if (!work.grow(bytes * PARSED_PER_BYTE)) throw new Refusal('overloaded');
    const result = byNumber[config.result]!;
    const value = eventValue(event, root, result);
    const { status, contract, violations } = judge(value, bytes, config, contracts);
    work.shrink(bytes * PARSED_PER_BYTE);
    if (status === 'violated' && config.enforces)
      throw new Refusal(
        'contract_violated',
        `${contract!.name} ${contract!.version}: ${violations.join('; ')}`,
      );
    if (status === 'unknown' && config.refusesUnknown)
      throw new Refusal('contract_violated', 'there is no contract for this event');
    result.set(resultJson(status, contract, violations));
  };
}

function resultJson(status: string, contract: Contract | undefined, violations: readonly string[]): string {
  if (contract === undefined) return `{"status":"${status}"}`;
  const { name, version } = contract;
  return JSON.stringify({ status, name, version, ...(violations.length > 0 && { violations }) });
}
