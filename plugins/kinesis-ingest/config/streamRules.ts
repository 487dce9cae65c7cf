/** Reads the rules that send kinds of events to their own streams. */

import { ConfigError, type StreamRuleValue } from './checkConfig';
import type { FieldPaths } from './eventFields';
import { streamOf } from './stream';

/** Events whose field has one of the values, or begins with the prefix, go to the stream. */
export interface StreamRule {
  field: number;
  anyOf?: ReadonlySet<string>;
  prefix?: string;
  /** A name or an ARN. */
  stream: string;
}

/** @throws ConfigError */
export function streamRules(
  rules: readonly StreamRuleValue[] = [],
  paths: FieldPaths,
  region: string,
): StreamRule[] {
  return rules.map(({ when: { field, any_of, prefix }, stream, stream_arn }, i) => {
    const rule = `streams[${i + 1}]`;
    const option = `${rule}.when`;
    if ((any_of === undefined) === (prefix === undefined))
      throw new ConfigError(option, 'needs either any_of or prefix');
    return {
      field: paths.read(`${option}.field`, field),
      ...(any_of !== undefined && { anyOf: new Set(any_of) }),
      ...(prefix !== undefined && { prefix }),
      stream: streamOf(stream, stream_arn, `${rule}.stream_arn`, region),
    };
  });
}
