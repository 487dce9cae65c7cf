/**
 * Makes `dist/tracker`, a package of its own: ES modules, CommonJS, types, the page's script. Fails when something is too
 * heavy.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { manifestOf } from './manifest.mjs';
import { buildScript, sizes } from './sizes.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = `${root}tracker/`;
const out = `${root}dist/tracker/`;
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const ENTRIES = ['index', 'bare', 'sources', 'web-vitals', 'core/index'];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const entryPoints = (names) => names.map((name) => `${source}${name}.ts`);
/** @type {import('esbuild').BuildOptions} */
const shared = {
  bundle: true,
  target: 'es2021',
  sourcemap: true,
  logLevel: 'warning',
};
const { code, map } = await buildScript();
writeFileSync(`${out}clickstream.min.js`, code);
writeFileSync(`${out}clickstream.min.js.map`, map);
await Promise.all([
  // What these two share stands in a file of its own, since a page uses them together.
  build({
    ...shared,
    entryPoints: entryPoints(['bare', 'sources']),
    outdir: out,
    format: 'esm',
    splitting: true,
    chunkNames: 'shared-[hash]',
  }),
  build({
    ...shared,
    entryPoints: entryPoints(['index', 'web-vitals', 'core/index']),
    outdir: out,
    outbase: source,
    format: 'esm',
  }),
  build({
    ...shared,
    entryPoints: entryPoints(ENTRIES),
    outdir: `${out}cjs`,
    outbase: source,
    format: 'cjs',
  }),
]);
for (const outDir of [out, `${out}cjs`])
  execFileSync(process.execPath, [tsc, '-p', source, '--outDir', outDir], { stdio: 'inherit' });
writeFileSync(`${out}cjs/package.json`, '{ "type": "commonjs" }\n');

const { version, license } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
writeFileSync(`${out}package.json`, `${JSON.stringify(manifestOf({ version, license }), null, 2)}\n`);
copyFileSync(`${root}LICENSE`, `${out}LICENSE`);
copyFileSync(`${source}README.md`, `${out}README.md`);

// Where npm itself is silent, as before `npm start`, so is this.
const say = process.env.npm_config_loglevel === 'silent' ? () => undefined : console.log;
const all = await sizes();
for (const { name, bytes, max } of all) say(`tracker: ${name}, ${bytes} bytes gzipped of ${max}`);
const hash = createHash('sha384').update(code).digest('base64');
say(`tracker: clickstream.min.js, integrity="sha384-${hash}"`);
const heavy = all.filter(({ bytes, max }) => bytes > max);
if (heavy.length > 0) {
  console.error(`too heavy: ${heavy.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
}
