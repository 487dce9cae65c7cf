/** What the plugin's scanner says of a text, and what JSON.parse says of it. */

import { type FieldTree, scanText } from '../../../plugins/kinesis-ingest/json/scanEvent';
import { Refusal } from '../../../plugins/kinesis-ingest/refusals';
import { refusalOf } from './refusalOf';

/** @throws Refusal, too where the text is something else than an object */
export function scanEvent(text: Buffer, tree: FieldTree): void {
  if (scanText(text, tree).object === undefined) throw new Refusal('not_an_object', 'no object');
}

export const refused = (text: string | Buffer) => refusalOf(() => scanEvent(Buffer.from(text), new Map()));

/** What JSON.parse says of a text, in the plugin's words. */
export function verdictOfJsonParse(text: string): string {
  if (/^[ \t\r\n]*$/.test(text)) return 'empty_body';
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? 'accepted'
      : 'not_an_object';
  } catch {
    return 'invalid_json';
  }
}
