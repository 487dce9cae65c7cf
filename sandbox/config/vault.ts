/** Kong's env vault: `{vault://env/some-name}` stands for the environment variable SOME_NAME. */

import type { Warn } from './problems';

export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /^\{vault:\/\/([^/}?]+)\/([^}]*)\}$/;

export function isReference(value: unknown): value is string {
  return typeof value === 'string' && REFERENCE.test(value);
}

/** Replaces all references in a configuration. If Kong would find nothing, uses the empty string and warns. */
export function resolveReferences(
  config: Readonly<Record<string, unknown>>,
  env: Environment,
  path: string,
  warn: Warn,
): Record<string, unknown> {
  return JSON.parse(JSON.stringify(config), (key, value: unknown) =>
    isReference(value) ? resolve(value, env, (what) => warn(`${path}.${key}`, what)) : value,
  );
}

function resolve(reference: string, env: Environment, warn: (what: string) => void): string {
  const [, vault, name = ''] = REFERENCE.exec(reference)!;
  if (vault !== 'env' || /[/?]/.test(name)) {
    warn(`${reference}: the sandbox resolves {vault://env/name} only, so the value is empty`);
    return '';
  }
  const variable = name.replaceAll('-', '_').toUpperCase();
  if (env[variable] === undefined) warn(`${variable} is not set, so the value is empty`);
  return env[variable] ?? '';
}
