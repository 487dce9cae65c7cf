/** The page's script, and what each entry adds to a page. */

import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';

const source = fileURLToPath(new URL('.', import.meta.url));

/** Properties that only the tracker's own modules see. What a page or the browser knows by name is not among them. */
const INTERNAL = [
  ...[
    'waiting',
    'take',
    'settle',
    'clear',
    'adopt',
    'reload',
    'persist',
    'forget',
    'hold',
    'release',
    'takeAbandoned',
  ],
  ...[
    'added',
    'wake',
    'closing',
    'isGranted',
    'mayStart',
    'onAnswer',
    'wrap',
    'fates',
    'resend',
    'previousUrl',
    'onViews',
  ],
  ...[
    'transport',
    'probe',
    'store',
    'storage',
    'queue',
    'queueKey',
    'eventContext',
    'sessionStart',
    'isOnline',
  ],
  ...['isRefused', 'contentType', 'timeoutMs'],
];

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
    // Unsafe only where a page has replaced what JavaScript brings along, such as `String` or `RegExp`.
    compress: { passes: 5, unsafe: true, unsafe_arrows: true },
    sourceMap: { content: map.text, filename },
  });
}

export function buildScript() {
  const mangleProps = new RegExp(`^(${INTERNAL.join('|')})$`);
  return bundle("import './clickstream.ts'", 'clickstream.min.js', { format: 'iife', mangleProps });
}

const KIB = 1024;

/** Bytes as a page loads them, and the most that they may be. */
export function sizes() {
  const bare = (sources) => `export * from './bare'; export { ${sources} } from './sources'`;
  const all = [
    ['clickstream.min.js', buildScript(), 8 * KIB],
    ['core', bundle("export { createCore, fetchTransport } from './core/index'"), 4 * KIB],
    ['bare', bundle("export * from './bare'"), 5.5 * KIB],
    ['bare with clicks and page views', bundle(bare('clicks, pageViews')), 7 * KIB],
    ['bare with videos', bundle(bare('videos')), 7 * KIB],
  ];
  return Promise.all(
    all.map(async ([name, built, max]) => {
      const { code } = await built;
      return { name, bytes: gzipSync(code, { level: 9 }).length, max, code };
    }),
  );
}
