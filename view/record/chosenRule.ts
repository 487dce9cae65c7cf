/** Which of the plugin's `streams` rules sent an event to its stream, judging by what is stored. */

import { isRecord } from '../../sandbox/config/problems';
import { memberAt, textOf } from '../events/members';
import { type ChosenRule, contentOf, type ViewEvent } from '../events/ViewEvent';

interface Rule {
  when: { field: string; any_of?: string[] | null; prefix?: string | null };
  stream: string;
}

/**
 * @param config the plugin's, as Kong passes it
 * @returns undefined if no rule explains the stream: then it can't be known
 */
export function chosenRule(
  event: ViewEvent,
  config: Readonly<Record<string, unknown>>,
): ChosenRule | undefined {
  const stream = event.record?.stream;
  if (stream === undefined) return undefined;
  const content = contentOf(event);
  const rules = (Array.isArray(config.streams) ? config.streams.filter(isRecord) : []) as unknown as Rule[];
  const number = rules.findIndex((rule) => holds(rule, content));
  const rule = rules[number];
  if (rule === undefined) return config.stream === stream ? 'default' : undefined;
  if (rule.stream !== stream) return undefined;
  const when = Object.fromEntries(Object.entries(rule.when).filter(([, value]) => value !== null));
  return { number: number + 1, when };
}

function holds(
  { when: { field, any_of, prefix } }: Rule,
  content: Record<string, unknown> | undefined,
): boolean {
  const value = memberAt(content, field);
  if (!['string', 'number', 'boolean'].includes(typeof value)) return false;
  const text = textOf(value)!;
  return any_of?.includes(text) === true || (typeof prefix === 'string' && text.startsWith(prefix));
}
