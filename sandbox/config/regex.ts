/** Regular expressions in a configuration. */

import { ConfigError } from './problems';

/** @throws ConfigError for what is none */
export function checkRegex(source: string, path: string): void {
  try {
    new RegExp(source);
  } catch (cause) {
    throw new ConfigError(path, `'${source}' is not a valid regex`, { cause });
  }
}
