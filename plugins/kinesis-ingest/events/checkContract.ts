/** Compares an event with its contract, and notes the result among the fields that the server sets. */

import type { Reservation } from '../../../pluginserver/pdk';
import type { ContractsConfig } from '../config/contractsConfig';
import type { Contract, ContractSet } from '../contracts/ContractSet';
import { judge, type Verdict } from '../contracts/judge';
import { Refusal } from '../refusals';
import type { Event } from './Event';
import { eventValue } from './eventValue';
import type { RequestFields } from './requestFields';

/** What Node's parser makes of a byte of JSON at its worst, `[{},{},…]`: 22. It is there for this one event, and then no longer. */
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
    const result = config.result === undefined ? undefined : byNumber[config.result];
    // That of the event before, or the client's.
    result?.set(undefined);
    const value = eventValue(event, root);
    const verdict = judge(value, bytes, config, contracts);
    work.shrink(bytes * PARSED_PER_BYTE);
    if (verdict.status === 'violated' && config.enforces) {
      const { name, version } = verdict.contract;
      throw new Refusal('contract_violated', `${name} ${version}: ${verdict.violations.join('; ')}`);
    }
    if (verdict.status === 'unknown' && config.refusesUnknown)
      throw new Refusal('contract_violated', 'there is no contract for this event');
    result?.set(resultJson(verdict));
  };
}

/** By contract, since nearly all events have this one. */
const okJson = new WeakMap<Contract, string>();

function resultJson(verdict: Verdict): string {
  if (verdict.status === 'unknown') return '{"status":"unknown"}';
  const { status, contract } = verdict;
  const { name, version } = contract;
  if (status === 'violated') return JSON.stringify({ status, name, version, violations: verdict.violations });
  let json = okJson.get(contract);
  if (json === undefined) {
    json = JSON.stringify({ status, name, version });
    okJson.set(contract, json);
  }
  return json;
}
