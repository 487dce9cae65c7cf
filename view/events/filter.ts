/** Which events a caller asks for. */

import { memberAt, textOf } from './members';
import { contentOf, OUTCOMES, type OutcomeName, type ViewEvent } from './ViewEvent';

export interface Filter {
  /** One of these. Default: any. */
  outcomes?: ReadonlySet<OutcomeName>;
  /** Members that the event must have, with their values. All must match. */
  where: readonly { path: string; value: string }[];
  /** Occurs anywhere in the event, its record, its code or its reason; case-insensitive. */
  text?: string;
}

export interface FilterQuery {
  outcome?: string;
  where?: readonly string[];
  q?: string;
}

export class FilterError extends Error {
  override readonly name = 'FilterError';
}

/** @throws FilterError for an unknown outcome, or an invalid condition */
export function readFilter({ outcome, where = [], q }: FilterQuery): Filter {
  const outcomes = outcome?.split(',').filter((name) => name !== '') as OutcomeName[] | undefined;
  const unknown = outcomes?.find((name) => !OUTCOMES.includes(name));
  if (unknown !== undefined) throw new FilterError(`outcome: "${unknown}" is none of ${OUTCOMES.join(', ')}`);
  return {
    ...(outcomes !== undefined && outcomes.length > 0 && { outcomes: new Set(outcomes) }),
    where: where.map(readCondition),
    ...(q !== undefined && q.trim() !== '' && { text: q.trim().toLowerCase() }),
  };
}

function readCondition(text: string) {
  const equals = text.indexOf('=');
  if (equals < 1) throw new FilterError(`where: "${text}" is not of the form member=value`);
  return { path: text.slice(0, equals), value: text.slice(equals + 1) };
}

export function fits(event: ViewEvent, { outcomes, where, text }: Filter): boolean {
  if (outcomes !== undefined && !outcomes.has(event.outcome)) return false;
  if (text !== undefined && !contains(event, text)) return false;
  if (where.length === 0) return true;
  const content = contentOf(event);
  return where.every(({ path, value }) => textOf(memberAt(content, path)) === value);
}

function contains({ sent, record, code, reason }: ViewEvent, text: string): boolean {
  return [sent, record?.data, code, reason].some((part) => part?.toLowerCase().includes(text) === true);
}
