/** Says in words how an event violates its contract. */

import type { ErrorObject } from 'ajv/dist/2020';

export const MAX_VIOLATIONS = 5;
/** Of one violation, in UTF-16 units. */
const MAX_LENGTH = 160;

/**
 * Each is a JSON pointer into the event and what has to be there: `/properties/price must be number`. It never contains
 * values of the event, but may contain names: if the contract doesn't know a name, that name is what's wrong.
 */
export function violationsOf(errors: readonly ErrorObject[]): string[] {
  const texts = new Set<string>();
  for (const error of errors) {
    // What is wrong with the name has already been reported.
    if (error.keyword === 'propertyNames') continue;
    texts.add(textOf(error));
    if (texts.size === MAX_VIOLATIONS) break;
  }
  return [...texts];
}

function textOf({ instancePath, message = 'is not allowed', params, propertyName }: ErrorObject): string {
  const unknown: unknown = params.additionalProperty ?? params.unevaluatedProperty;
  if (typeof unknown === 'string')
    return shortened(`${instancePath}/${pointerPart(unknown)}`, 'is not in the contract');
  if (propertyName !== undefined)
    return shortened(`${instancePath}/${pointerPart(propertyName)}`, `as a name ${message}`);
  return shortened(instancePath || 'the event', message);
}

const pointerPart = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** The pointer may be the client's and as long as it likes. Enough of the message stays to be understood. */
function shortened(pointer: string, message: string): string {
  const said = cut(message, MAX_LENGTH / 2);
  return `${cut(pointer, MAX_LENGTH - said.length - 1)} ${said}`;
}

/** Without characters that a terminal would take as commands. */
function cut(text: string, length: number): string {
  const short = text.length > length ? `${text.slice(0, length - 1)}…` : text;
  return short.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd').toWellFormed();
}
