/** `npm run wasm`: compiles skipValue.ts to WebAssembly and writes it into a module, so that a build needs no step more. */

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
      // No allocator: the memory below --memoryBase is the scanner's, the text comes behind it.
      ...['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--memoryBase', '256'],
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
