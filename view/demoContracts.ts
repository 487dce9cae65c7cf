/** The demo shop's contracts. */

import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type KongYml, pluginOf } from '../testkit/kongYml';
import { PACKAGE_ROOT } from '../testkit/packageRoot';

export const DEMO_CONTRACTS = join(PACKAGE_ROOT, 'demo/contracts');

/** A `kong.yml` that enforces contracts, unless it already sets what to do with them. */
export function withDemoContracts(config: string): string {
  const kongYml = parse(config, { version: '1.1' }) as KongYml;
  pluginOf(kongYml, 'kinesis-ingest').config.contracts ??= 'enforce';
  return stringify(kongYml);
}
