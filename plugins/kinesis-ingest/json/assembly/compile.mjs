/** `npm run wasm`: compiles grammar.ts to WebAssembly and writes it into a module, so that a build needs no further step. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const FOLDER = path.dirname(fileURLToPath(import.meta.url));
const OUTPUT = path.join(FOLDER, '../grammarWasm.ts');

/** Text of grammarWasm.ts. */
export async function compile() {
  let binary;
  const { error, stderr } = await asc.main(
    [
      'grammar.ts',
      ...['--baseDir', FOLDER, '--outFile', 'grammar.wasm'],
      // No allocator: grammar.ts and its caller divide the memory between them.
      ...['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', '1'],
    ],
    { writeFile: (_, contents) => (binary = contents) },
  );
  if (error !== null) throw new Error(`${error.message}\n${stderr}`);
  const base64 = Buffer.from(binary).toString('base64');
  return `/** Made by \`npm run wasm\` from assembly/grammar.ts. */
export const GRAMMAR_WASM =
  '${base64}';
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(OUTPUT, await compile());
