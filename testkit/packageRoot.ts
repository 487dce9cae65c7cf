/** Where the package is, whether the code runs from `dist/` or, in tests, from its sources. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

function findRoot(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory;
  return findRoot(dirname(directory));
}

export const PACKAGE_ROOT = findRoot(__dirname);

/** A compiled file; other processes are started from these. */
export function compiled(path: string): string {
  return join(PACKAGE_ROOT, 'dist', path);
}
