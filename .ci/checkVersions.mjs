/** `node .ci/checkVersions.mjs X.Y.Z`, after a build: everything that says the version says this one. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const wanted = process.argv[2];
const require = createRequire(new URL('../package.json', import.meta.url));
const text = (file) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

const said = {
  'package.json': require('./package.json').version,
  'package-lock.json': require('./package-lock.json').version,
  'CHANGELOG.md': /^## \[?v?(\d+\.\d+\.\d+)/m.exec(text('CHANGELOG.md'))?.[1],
  'plugins/kinesis-ingest': require('./dist/plugins/kinesis-ingest').Version,
  'plugins/kinesis-reply': require('./dist/plugins/kinesis-reply').Version,
  'kong-pluginserver --version': require('./dist/pluginserver/commandLine.js').VERSION,
  'dist/tracker/package.json': require('./dist/tracker/package.json').version,
};
const wrong = Object.entries(said).filter(([, version]) => version !== wanted);
for (const [where, version] of wrong) console.error(`${where} says ${version}, not ${wanted}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
