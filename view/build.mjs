/** Makes `dist/view/page`: the live view's page, with one script. */

import { copyFileSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = fileURLToPath(new URL('page/', import.meta.url));
const out = fileURLToPath(new URL('../dist/view/page/', import.meta.url));

mkdirSync(out, { recursive: true });
await build({
  entryPoints: [`${source}main.ts`],
  outdir: out,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
});
for (const name of ['index.html', 'style.css']) copyFileSync(source + name, out + name);
