/** Reads the folder of contracts. */

import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ContractsError } from './ContractsError';

/** The files' texts by their paths within the folder, in the order of the paths. */
export type Sources = ReadonlyMap<string, string>;

export const MAX_FILES = 1000;
export const MAX_FILE_BYTES = 256 * 1024;
export const MAX_FOLDER_BYTES = 8 * 1024 * 1024;
const MAX_DEPTH = 5;

/**
 * Reads the files whose names end in `.json`, also in subfolders. Names that begin with a dot are skipped: editors keep
 * drafts there, and Kubernetes keeps the versions of a ConfigMap, which the files themselves link to.
 *
 * @throws ContractsError if there is no such folder, or more in it than the limits allow
 */
export async function readFolder(folder: string): Promise<Sources> {
  const sources = new Map<string, string>();
  let bytes = 0;

  async function readInto(inner: string, depth: number): Promise<void> {
    const names = await readdir(path.join(folder, inner));
    for (const name of names.filter((each) => !each.startsWith('.')).sort()) {
      const place = path.join(inner, name);
      const info = await stat(path.join(folder, place));
      if (info.isDirectory()) {
        if (depth === MAX_DEPTH) throw new ContractsError(place, `is more than ${MAX_DEPTH} folders deep`);
        await readInto(place, depth + 1);
      } else if (name.endsWith('.json')) {
        // Neither a pipe nor a device would ever end.
        if (!info.isFile()) throw new ContractsError(place, 'is no file');
        if (info.size > MAX_FILE_BYTES)
          throw new ContractsError(place, `has more than ${MAX_FILE_BYTES} bytes`);
        bytes += info.size;
        if (bytes > MAX_FOLDER_BYTES)
          throw new ContractsError('', `the files have more than ${MAX_FOLDER_BYTES} bytes`);
        if (sources.size === MAX_FILES)
          throw new ContractsError('', `there are more than ${MAX_FILES} files`);
        sources.set(place, await readFile(path.join(folder, place), 'utf8'));
      }
    }
  }

  try {
    await readInto('', 0);
  } catch (error) {
    if (error instanceof ContractsError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ContractsError('', `the folder ${folder} cannot be read: ${code ?? message}`, { cause: error });
  }
  return sources;
}
