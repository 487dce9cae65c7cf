/** JSON text as readable lines: every digit unchanged, with marks where the gateway has done something. */

import type { Change } from '../events/ViewEvent';
import { element } from './dom';

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
/** A longer text is cut and shown as it is. */
const MAX_CHARACTERS = 200_000;

const SIGNS: Record<Change['change'], string> = { added: '+', replaced: '±', removed: '−', shared: '↳' };
const SPOKEN: Record<Change['change'], string> = {
  added: 'added by the gateway',
  replaced: 'replaced by the gateway',
  removed: 'removed by the gateway',
  shared: 'from the envelope',
};

interface Frame {
  isArray: boolean;
  pointer: string;
  /** The next member's name, or the next item's number. */
  key: string;
  items: number;
}

/** @param changes those to mark, by pointer */
export function jsonLines(text: string, changes: readonly Change[]): HTMLElement {
  const box = element('pre', 'json');
  if (text.length > MAX_CHARACTERS || !isJson(text)) {
    const rest = text.length - MAX_CHARACTERS;
    box.append(text.slice(0, MAX_CHARACTERS), rest > 0 ? `\n… and ${rest} characters more` : '');
    return box;
  }
  const marks = new Map(changes.map((change) => [change.pointer, change.change]));
  const frames: Frame[] = [];
  let line = newLine();
  let isName = false;

  function newLine(): HTMLElement {
    const made = element('span', 'line', '  '.repeat(frames.length));
    box.append(made);
    return made;
  }
  function pointer(): string {
    const frame = frames.at(-1);
    return frame === undefined
      ? ''
      : `${frame.pointer}/${frame.key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  }
  function mark(): void {
    const change = markAround(pointer(), marks);
    if (change === undefined || line.classList.contains(change)) return;
    line.classList.add(change);
    line.prepend(element('span', 'sign', SIGNS[change]), element('span', 'hidden', `${SPOKEN[change]}: `));
  }

  for (const [token] of text.matchAll(TOKEN)) {
    const frame = frames.at(-1);
    if (token === '}' || token === ']') {
      frames.pop();
      if (frame!.items > 0) {
        line = newLine();
        if (frames.length > 0) mark();
      }
      line.append(token);
      isName = false;
    } else if (token === ',') {
      line.append(token);
      isName = !frame!.isArray;
    } else if (token === ':') {
      line.append(': ');
      isName = false;
    } else {
      const isValueAfterName = frame !== undefined && !frame.isArray && !isName;
      if (frame !== undefined && !isValueAfterName) {
        frame.key = frame.isArray ? String(frame.items) : (JSON.parse(token) as string);
        frame.items++;
        line = newLine();
        mark();
      }
      if (token === '{' || token === '[') {
        frames.push({
          isArray: token === '[',
          pointer: frame === undefined ? '' : pointer(),
          key: '',
          items: 0,
        });
        line.append(token);
        isName = token === '{';
      } else line.append(isName ? element('span', 'name', token) : element('span', kindOf(token), token));
    }
  }
  return box;
}

/** For a member, or the object that contains it. */
function markAround(
  pointer: string,
  marks: ReadonlyMap<string, Change['change']>,
): Change['change'] | undefined {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const change = marks.get(at);
    if (change !== undefined) return change;
  }
  return undefined;
}

function kindOf(token: string): string {
  return token.startsWith('"') ? 'string' : 'number';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
