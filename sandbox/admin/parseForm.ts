/** Parses a form like Kong's Admin API. */

import { isRecord } from '../config/problems';

/** `config.minute=5&enabled=true` as a tree; numbers and booleans are recognised by form, lists by `[]`. */
export function parseForm(body: string): Record<string, unknown> {
  const tree: Record<string, unknown> = Object.create(null);
  for (const [name, text] of new URLSearchParams(body)) {
    const path = name.replace(/\[\d*\]$/, '').split('.');
    const last = path.pop()!;
    let parent = tree;
    for (const key of path) {
      if (!isRecord(parent[key])) parent[key] = Object.create(null);
      parent = parent[key] as Record<string, unknown>;
    }
    const before = parent[last];
    if (name.endsWith(']')) parent[last] = [...(Array.isArray(before) ? before : []), typedValue(text)];
    else parent[last] = typedValue(text);
  }
  return tree;
}

function typedValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === '') return null;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
