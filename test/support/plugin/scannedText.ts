/** What the plugin's scanner says of a text, and what JSON.parse says of it. */

import { scanText, type Wanted } from '../../../plugins/kinesis-ingest/json/scanObject';
import { refusalOf } from './refusalOf';

interface Name extends Wanted<Name> {}

/** Names to look for: `{ ip: null, context: { ip: null } }`. */
export interface NameTree {
  [name: string]: null | NameTree;
}

export function wanted(tree: NameTree): Name[] {
  return Object.entries(tree).map(([name, inner]) => ({
    name,
    inner: inner === null ? undefined : wanted(inner),
  }));
}

/** What the scanner says: `accepted` for an object, `other` for another value, else its error. */
export function scanned(text: string | Buffer, tree: NameTree = {}): { code: string; reason: string } {
  let isObject = false;
  const refusal = refusalOf(() => {
    isObject = scanText(Buffer.from(text), wanted(tree)).object !== undefined;
  });
  return refusal.code === 'accepted' && !isObject ? { code: 'other', reason: '' } : refusal;
}

/** What JSON.parse says of a text, in the scanner's words. */
export function verdictOfJsonParse(text: string): string {
  if (/^[ \t\r\n]*$/.test(text)) return 'empty';
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? 'accepted' : 'other';
  } catch {
    return 'malformed';
  }
}
