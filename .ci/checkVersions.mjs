/** `node .ci/checkVersions.mjs X.Y.Z`, after a build: everything that says the version says this one. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const wanted = process.argv[2];
const require = createRequire(new URL('../package.json', import.meta.url));
/** Not there before a build, so it isn't named where tools would look for it. */
const built = (file) => require(`./dist/${file}`);
const text = (file) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

const said = {
  'package.json': require('./package.json').version,
  'package-lock.json': require('./package-lock.json').version,
  'CHANGELOG.md': /^## \[?v?(\d+\.\d+\.\d+)/m.exec(text('CHANGELOG.md'))?.[1],
  'plugins/kinesis-ingest': built('plugins/kinesis-ingest').Version,
  'plugins/kinesis-reply': built('plugins/kinesis-reply').Version,
  'kong-pluginserver --version': built('pluginserver/commandLine.js').VERSION,
  'dist/tracker/package.json': built('tracker/package.json').version,
};
const wrong = Object.entries(said).filter(([, version]) => version !== wanted);
for (const [where, version] of wrong) console.error(`${where} says ${version}, not ${wanted}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
