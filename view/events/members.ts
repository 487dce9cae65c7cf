/** Members of an event by dotted path, as in the plugin's configuration. */

/** @returns undefined if there is none; a top-level member's name may contain dots */
export function memberAt(content: Record<string, unknown> | undefined, path: string): unknown {
  if (content === undefined) return undefined;
  if (Object.hasOwn(content, path)) return content[path];
  let value: unknown = content;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** A string's characters; anything else as JSON. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
