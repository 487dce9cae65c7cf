/** Members of an event by their dotted paths, as the plugin's configuration names them. */

/** @returns undefined where there is none; a member of the event itself may have dots in its name */
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
