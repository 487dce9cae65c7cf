/** The contracts of the demo's shop. */

import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type KongYml, pluginOf } from '../testkit/kongYml';
import { PACKAGE_ROOT } from '../testkit/packageRoot';

export const DEMO_CONTRACTS = join(PACKAGE_ROOT, 'demo/contracts');

/** A `kong.yml` whose events are compared with contracts, unless it says itself what is to be done with them. */
export function withDemoContracts(config: string): string {
  const kongYml = parse(config, { version: '1.1' }) as KongYml;
  pluginOf(kongYml, 'kinesis-ingest').config.contracts ??= 'enforce';
  return stringify(kongYml);
}
