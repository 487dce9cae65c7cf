/** What reading a `kong.yml` needs to know. */

import type { PluginType } from './pluginTypes';
import type { Warn } from './problems';
import type { Environment } from './vault';

export interface ReadOptions {
  /** How messages call the file. */
  name: string;
  pluginTypes: ReadonlyMap<string, PluginType>;
  /** For references to the env vault. */
  env: Environment;
  warn: Warn;
}
