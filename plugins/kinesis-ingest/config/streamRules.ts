/** Reads the rules that send kinds of events to streams of their own. */

import { ConfigError, type StreamRuleValue } from './checkConfig';
import type { FieldPaths } from './eventFields';

/** Events whose field has one of the values, or begins with the prefix, go to the stream. */
export interface StreamRule {
  field: number;
  anyOf?: ReadonlySet<string>;
  prefix?: string;
  stream: string;
}

/** @throws ConfigError */
export function streamRules(rules: readonly StreamRuleValue[] = [], paths: FieldPaths): StreamRule[] {
  return rules.map(({ when: { field, any_of, prefix }, stream }, i) => {
    const option = `streams[${i + 1}].when`;
    if ((any_of === undefined) === (prefix === undefined))
      throw new ConfigError(option, 'needs either any_of or prefix');
    return {
      field: paths.read(`${option}.field`, field),
      ...(any_of !== undefined && { anyOf: new Set(any_of) }),
      ...(prefix !== undefined && { prefix }),
      stream,
    };
  });
}
