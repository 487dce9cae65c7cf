/** Compares an event with its contract, and puts the result among the fields that the server sets. */

import type { Reservation } from '../../../pluginserver/pdk';
import type { ContractsConfig } from '../config/contractsConfig';
import type { Contract, ContractSet } from '../contracts/ContractSet';
import { judge, type Verdict } from '../contracts/judge';
import { Refusal } from '../refusals';
import type { Event } from './Event';
import { editEvent, type SizeCount } from './editEvent';
import { eventValue } from './eventValue';
import type { RequestFields } from './requestFields';

/** Memory that Node's parser takes per byte of JSON: 22 at worst, for `[{},{},…]`. It is needed for one event at a time. */
const PARSED_PER_BYTE = 24;

/**
 * Called once all other fields of the event are set.
 *
 * @throws Refusal `contract_violated`, `overloaded` for the whole request, and whatever `sizes` throws
 */
export type CheckContract = (event: Event, fields: RequestFields) => void;

export function contractChecker(
  config: ContractsConfig,
  contracts: ContractSet,
  work: Reservation,
  sizes: SizeCount,
): CheckContract {
  /** Bytes of the request's events that violate their contracts. */
  let wrongBytes = 0;
  return (event, fields) => {
    const { root, byNumber } = fields;
    const result = config.result === undefined ? undefined : byNumber[config.result];
    // Removes the previous event's result, or what the client sent.
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

/** A tracker's envelope shares no more. */
const LITTLE_SHARED_BYTES = 1024;

/**
 * The bytes to compare: the event's own text, and what its envelope shares. If that is much, the event is counted before it
 * is compared, because a refused event would never be counted. Otherwise each of a request's events could cost as much as
 * the whole body.
 *
 * @throws what `sizes` throws
 */
function comparedBytes(event: Event, { root, sharedBytes }: RequestFields, sizes: SizeCount): number {
  const own = event.end - event.start;
  if (sharedBytes <= LITTLE_SHARED_BYTES) return own + sharedBytes;
  return Math.max(own, editEvent(event, root, sizes).length);
}

/** By contract. Nearly all events have this result. */
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
