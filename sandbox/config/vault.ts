/** Kong's env vault: `{vault://env/some-name}` stands for the environment variable SOME_NAME. */

import type { Warn } from './problems';

export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /^\{vault:\/\/([^/}?]+)\/([^}]*)\}$/;
const NAME_AND_KEY = /^([^/?]+)(?:\/([^/?]+))?$/;

export function isReference(value: unknown): value is string {
  return typeof value === 'string' && REFERENCE.test(value);
}

/**
 * Resolves a reference as Kong does when it builds a plugin's configuration.
 *
 * `{vault://env/name/key}` takes one key of a variable that holds a JSON object.
 * @returns the empty string, with a warning, where Kong finds nothing
 */
export function resolveReference(reference: string, env: Environment, path: string, warn: Warn): string {
  const [, vault, resource = ''] = REFERENCE.exec(reference) ?? [];
  const [, name, key] = NAME_AND_KEY.exec(resource) ?? [];
  if (vault !== 'env' || name === undefined) {
    warn(path, `${reference}: only {vault://env/name} and {vault://env/name/key} are honoured, it is empty`);
    return '';
  }
  const variable = name.replaceAll('-', '_').toUpperCase();
  const value = key === undefined ? env[variable] : readKey(env[variable], key);
  if (value === undefined) warn(path, `${variable} is not set, the value is empty`);
  return value ?? '';
}

function readKey(json: string | undefined, key: string): string | undefined {
  try {
    const value = (JSON.parse(json ?? '') as Record<string, unknown> | null)?.[key];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  } catch {
    return undefined;
  }
}
