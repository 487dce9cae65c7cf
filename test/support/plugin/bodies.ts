/** Random bodies of the forms that the plugin takes, and the texts that are in them. */

import fc from 'fast-check';
import { randomObject, textOf } from './jsonDocuments';
import { seededRandom } from './random';

/** Names that configuration, envelopes and events share often, so that they meet. */
const NAMES = ['type', 'messageId', 'user_id', 'ip', 'context', 'batch', 'n'];

/** The text of an object with odd spaces, numbers, escapes and repeated names. */
export const objectText: fc.Arbitrary<string> = fc
  .integer()
  .map((seed) => textOf(randomObject(seededRandom(seed), NAMES)));

/** JSON that is no object. */
export const otherText: fc.Arbitrary<string> = fc.constantFrom(
  '5',
  '-1e400',
  'null',
  'true',
  '""',
  '"{}"',
  '[{}]',
  '[ ]',
);

export const space: fc.Arbitrary<string> = fc.constantFrom('', '', ' ', '\n', '\t\r\n ');

/** An array's text around the items' own. */
export function arrayText(items: readonly string[], spaces: readonly string[]): string {
  const around = (i: number) => spaces[i % spaces.length]!;
  return `[${items.map((item, i) => around(i) + item + around(i + 1)).join(',')}]`;
}

/** A text on one line: white space between tokens is all that can hold a line end. */
export function onOneLine(text: string): string {
  return text.replace(/[\r\n]/g, ' ');
}
