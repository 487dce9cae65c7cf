/** Which of the project's plugins a plugin server must host for a `kong.yml`. */

import { readdirSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { compiled } from '../testkit/packageRoot';

/** Always hosted: a plugin server without a plugin has nothing to do. */
const ALWAYS = 'kinesis-ingest';

/**
 * @param compiledNames the existing plugins
 * @returns the compiled folders of those named anywhere in the configuration; kinesis-ingest first
 */
export function hostedPlugins(
  kongYml: string,
  compiledNames: readonly string[] = readdirSync(compiled('plugins')),
): string[] {
  const named = new Set<unknown>();
  parseDocument(kongYml, { version: '1.1' }).toJS({
    reviver(key, value: unknown) {
      if (key === 'plugins' && Array.isArray(value)) for (const plugin of value) named.add(plugin?.name);
      return value;
    },
  });
  const others = compiledNames.filter((name) => name !== ALWAYS && named.has(name));
  return [ALWAYS, ...others].map((name) => compiled(`plugins/${name}`));
}
