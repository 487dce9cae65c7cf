/** Which of the project's plugins a plugin server has to host for a `kong.yml`. */

import { readdirSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { compiled } from '../testkit/packageRoot';
import { isRecord } from './config/problems';

/** Hosted whatever a configuration says: a plugin server without a plugin has nothing to do. */
const ALWAYS = 'kinesis-ingest';

/**
 * @param compiledNames the plugins that there are
 * @returns the compiled folders of those that are named, wherever in the configuration; kinesis-ingest first
 */
export function hostedPlugins(
  kongYml: string,
  compiledNames: readonly string[] = readdirSync(compiled('plugins')),
): string[] {
  const named = new Set<unknown>();
  collectNames(parseDocument(kongYml, { version: '1.1' }).toJS(), named);
  const others = compiledNames.filter((name) => name !== ALWAYS && named.has(name));
  return [ALWAYS, ...others].map((name) => compiled(`plugins/${name}`));
}

function collectNames(value: unknown, names: Set<unknown>): void {
  if (Array.isArray(value)) for (const item of value) collectNames(item, names);
  if (!isRecord(value)) return;
  for (const [key, item] of Object.entries(value)) {
    if (key === 'plugins' && Array.isArray(item)) for (const plugin of item) names.add(plugin?.name);
    collectNames(item, names);
  }
}
