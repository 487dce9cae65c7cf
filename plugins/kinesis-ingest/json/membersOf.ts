import { CLOSE_BRACE, COMMA, skipSpace, skipString, skipValue } from './grammar';

export interface NamedValue {
  name: string;
  valueStart: number;
  valueEnd: number;
}

/**
 * All members, in order, of an object whose text has been checked.
 *
 * @param open position of the opening brace
 * @returns undefined if there are more than `most`
 */
export function membersOf(text: Buffer, open: number, most: number): NamedValue[] | undefined {
  const members: NamedValue[] = [];
  let p = skipSpace(text, open + 1);
  while (text[p] !== CLOSE_BRACE) {
    if (members.length === most) return undefined;
    const nameEnd = skipString(text, p);
    const name = JSON.parse(text.toString('utf8', p, nameEnd)) as string;
    const colon = skipSpace(text, nameEnd);
    const valueStart = skipSpace(text, colon + 1);
    // The depth has been checked already. For an envelope's events it is counted from the events.
    const valueEnd = skipValue(text, valueStart, 0);
    members.push({ name, valueStart, valueEnd });
    p = skipSpace(text, valueEnd);
    if (text[p] === COMMA) p = skipSpace(text, p + 1);
  }
  return members;
}
