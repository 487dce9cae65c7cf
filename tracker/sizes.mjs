/** The page's script, and what each entry adds to a page. */

import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';

const source = fileURLToPath(new URL('.', import.meta.url));

/** Properties that only the tracker's own modules see. What a page or the browser knows by name is not among them. */
const INTERNAL =
  `waiting take settle sending bytes maxEvents maxLength onOverflow persist forget adopt reload wake closing isGranted
  added mayStart onAnswer wrap fates resend transport probe store storage queueKey eventContext sessionStart isOnline
  isRefused tabQueues hold release isHeld takeAbandoned core leftFor`.split(/\s+/);

/** Terser makes it 4 % lighter than esbuild alone. */
async function bundle(contents, filename = 'entry.js', options = {}) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: source, sourcefile: 'entry.ts' },
    bundle: true,
    minify: true,
    target: 'es2021',
    sourcemap: 'external',
    outfile: filename,
    format: 'esm',
    write: false,
    ...options,
  });
  const [map, code] = outputFiles;
  return minify(code.text, {
    ecma: 2020,
    toplevel: true,
    module: options.format !== 'iife',
    compress: { passes: 3, unsafe_arrows: true },
    sourceMap: { content: map.text, filename },
  });
}

/** @param name `clickstream` or `clickstream.full` */
export function buildScript(name) {
  const mangleProps = new RegExp(`^(${INTERNAL.join('|')})$`);
  return bundle(`import './${name}.ts'`, `${name}.min.js`, { format: 'iife', mangleProps });
}

const KIB = 1024;

/** Bytes as a page loads them, and the most that they may be. */
export function sizes() {
  const bare = (sources) => `export * from './bare'; export { ${sources} } from './sources'`;
  const all = [
    ['clickstream.min.js', buildScript('clickstream'), 8 * KIB],
    ['clickstream.full.min.js', buildScript('clickstream.full'), 9 * KIB],
    ['core', bundle("export { createCore, fetchTransport } from './core/index'"), 4 * KIB],
    ['bare', bundle("export * from './bare'"), 6 * KIB],
    ['bare with clicks and page views', bundle(bare('clicks, pageViews')), 7.5 * KIB],
    ['bare with videos', bundle(bare('videos')), 7.5 * KIB],
  ];
  return Promise.all(
    all.map(async ([name, built, max]) => {
      const { code } = await built;
      return { name, bytes: gzipSync(code, { level: 9 }).length, max, code };
    }),
  );
}
