/** Bundles the tracker into `dist/tracker`, a package of its own, and fails when the page's script is too heavy. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';

const MAX_GZIPPED_BYTES = 10 * 1024;

const root = fileURLToPath(new URL('..', import.meta.url));
const out = `${root}dist/tracker/`;
const { version, license } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/** Properties that only the tracker's own modules see. What a page or the browser knows by name is not among them. */
const INTERNAL = [
  // core/
  ...[
    'waiting',
    'take',
    'settle',
    'sending',
    'bytes',
    'maxEvents',
    'maxLength',
    'onOverflow',
    'persist',
    'forget',
  ],
  ...[
    'adopt',
    'reload',
    'wake',
    'closing',
    'isGranted',
    'added',
    'mayStart',
    'onAnswer',
    'wrap',
    'fates',
    'resend',
  ],
  ...[
    'transport',
    'probe',
    'store',
    'storage',
    'queueKey',
    'eventContext',
    'sessionStart',
    'isOnline',
    'isRefused',
  ],
  // browser/
  ...['tabQueues', 'hold', 'release', 'isHeld', 'takeAbandoned', 'core', 'leftFor'],
];

/** @type {import('esbuild').BuildOptions} */
const shared = { bundle: true, minify: true, target: 'es2021', sourcemap: true, logLevel: 'warning' };
mkdirSync(out, { recursive: true });
await Promise.all([
  build({
    ...shared,
    entryPoints: [`${root}tracker/core/index.ts`],
    outfile: `${out}core/index.js`,
    format: 'esm',
  }),
  buildLight('index', 'index.js', 'esm'),
  buildLight('script', 'clickstream.min.js', 'iife'),
]);

/** For pages: terser makes it 4 % lighter than esbuild alone. */
async function buildLight(entry, file, format) {
  const { outputFiles } = await build({
    ...shared,
    entryPoints: [`${root}tracker/${entry}.ts`],
    outfile: out + file,
    format,
    mangleProps: new RegExp(`^(${INTERNAL.join('|')})$`),
    write: false,
  });
  const [map, bundle] = outputFiles;
  const { code, map: finalMap } = await minify(bundle.text, {
    ecma: 2020,
    toplevel: true,
    module: format === 'esm',
    compress: { passes: 3, unsafe_arrows: true },
    sourceMap: { content: map.text, filename: file },
  });
  writeFileSync(out + file, code);
  writeFileSync(`${out}${file}.map`, finalMap);
}

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', `${root}tracker`], { stdio: 'inherit' });

const entry = (file) => ({ types: `./${file}.d.ts`, default: `./${file}.js` });
const manifest = {
  name: 'clickstream-tracker',
  version,
  license,
  type: 'module',
  sideEffects: ['./clickstream.min.js'],
  exports: {
    '.': entry('index'),
    './core': entry('core/index'),
    './clickstream.min.js': './clickstream.min.js',
  },
};
writeFileSync(`${out}package.json`, `${JSON.stringify(manifest, null, 2)}\n`);

const { length } = gzipSync(readFileSync(`${out}clickstream.min.js`), { level: 9 });
if (length > MAX_GZIPPED_BYTES) {
  console.error(`clickstream.min.js has ${length} bytes gzipped, more than ${MAX_GZIPPED_BYTES}`);
  process.exit(1);
}
console.log(`clickstream.min.js: ${length} bytes gzipped`);
