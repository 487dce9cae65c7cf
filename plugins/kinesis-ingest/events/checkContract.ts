/** Compares an event with its contract, and notes the result among the fields that the server sets. */

import type { Reservation } from '../../../pluginserver/pdk';
import type { ContractsConfig } from '../config/contractsConfig';
import type { Contract, ContractSet } from '../contracts/ContractSet';
import { judge, type Verdict } from '../contracts/judge';
import { Refusal } from '../refusals';
import type { Event } from './Event';
import { editEvent, type SizeCount } from './editEvent';
import { eventValue } from './eventValue';
import type { RequestFields } from './requestFields';

/** What Node's parser makes of a byte of JSON at its worst, `[{},{},…]`: 22. It is there for this one event, and then no longer. */
const PARSED_PER_BYTE = 24;

/**
 * Called once all other fields of the event are set.
 *
 * @throws Refusal `contract_violated`, `overloaded` for the whole request, and what the count of sizes throws
 */
export type CheckContract = (event: Event, fields: RequestFields) => void;

export function contractChecker(
  config: ContractsConfig,
  contracts: ContractSet,
  work: Reservation,
  sizes: SizeCount,
): CheckContract {
  /** Of the request's events that aren't as their contracts say. */
  let wrongBytes = 0;
  return (event, fields) => {
    const { root, byNumber } = fields;
    const result = config.result === undefined ? undefined : byNumber[config.result];
    // That of the event before, or the client's.
    result?.set(undefined);
    const bytes = comparedBytes(event, fields, sizes);
    if (!work.grow(bytes * PARSED_PER_BYTE)) throw new Refusal('overloaded');
    const value = eventValue(event, root, result);
    const verdict = judge(value, wrongBytes + bytes, config, contracts);
    if (verdict.status === 'violated') wrongBytes += bytes;
    work.shrink(bytes * PARSED_PER_BYTE);
    if (verdict.status === 'violated' && config.enforces) {
      const { name, version } = verdict.contract;
      throw new Refusal(
        'contract_violated',
        `${name} (version ${version}): ${verdict.violations.join('; ')}`,
      );
    }
    if (verdict.status === 'unknown' && config.refusesUnknown)
      throw new Refusal('contract_violated', 'there is no contract for this event');
    result?.set(resultJson(verdict));
  };
}

/** Of a tracker's envelope. */
const LITTLE_SHARED_BYTES = 1024;

/**
 * What is compared of an event: its own text, and what its envelope shares. Where that is much, it counts before it is compared,
 * since a refused event would never be counted: otherwise each of a request's events might cost as much as the whole body.
 *
 * @throws what `sizes` throws
 */
function comparedBytes(event: Event, { root, sharedBytes }: RequestFields, sizes: SizeCount): number {
  const own = event.end - event.start;
  if (sharedBytes <= LITTLE_SHARED_BYTES) return own + sharedBytes;
  return Math.max(own, editEvent(event, root, sizes).length);
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
