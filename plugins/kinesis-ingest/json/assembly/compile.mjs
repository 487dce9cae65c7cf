/** `npm run wasm`: compiles skipValue.ts to WebAssembly and writes it into a module, so that a build needs no further step. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const FOLDER = path.dirname(fileURLToPath(import.meta.url));
const OUTPUT = path.join(FOLDER, '../skipValueWasm.ts');

/** Text of skipValueWasm.ts. */
export async function compile() {
  let binary;
  const { error, stderr } = await asc.main(
    [
      'skipValue.ts',
      ...['--baseDir', FOLDER, '--outFile', 'skipValue.wasm'],
      // No allocator: what is where in memory is between skipValue.ts and its caller.
      ...['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', '1'],
    ],
    { writeFile: (_, contents) => (binary = contents) },
  );
  if (error !== null) throw new Error(`${error.message}\n${stderr}`);
  const base64 = Buffer.from(binary).toString('base64');
  return `/** Made by \`npm run wasm\` from assembly/skipValue.ts. */
export const SKIP_VALUE_WASM =
  '${base64}';
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(OUTPUT, await compile());
