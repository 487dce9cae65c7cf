/** What contracts cost a plugin server that has none. */

import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { compiled } from '../../../../testkit/packageRoot';
import { contractFolderForTest, PRODUCT_ADDED } from '../../../support/contractFiles';

/** The packages that are loaded once the plugin has started. */
function packagesLoaded(options: object): Set<string> {
  const script = `
    const { start } = require(${JSON.stringify(compiled('plugins/kinesis-ingest'))});
    start({ log: { info() {} }, options: ${JSON.stringify(options)} }).then(() => {
      console.log(JSON.stringify(Object.keys(require.cache)));
    });`;
  const files = JSON.parse(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' })) as string[];
  return new Set(files.map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? ''));
}

it('neither the validator nor the engine for patterns is loaded without contracts', () => {
  const packages = packagesLoaded({});
  expect(packages).toContain('undici');
  for (const name of ['ajv', 'ajv-formats', 're2js']) expect(packages).not.toContain(name);
});

it('they are with a folder of contracts', () => {
  const contracts = contractFolderForTest({ 'product-added.json': PRODUCT_ADDED });
  expect(packagesLoaded({ contracts })).toContain('ajv');
});
