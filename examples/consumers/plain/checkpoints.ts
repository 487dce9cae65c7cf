/** How far each shard has been read, in a file. On several machines keep it in a table instead. */

import { readFile, rename, writeFile } from 'node:fs/promises';

/** The checkpoint of a shard that was split or merged and has been read to its end. */
export const SHARD_END = 'SHARD_END';

export interface Checkpoints {
  /** The sequence number of the last record that was handled, or SHARD_END. */
  get(shard: string): Promise<string | undefined>;
  set(shard: string, sequenceNumber: string): Promise<void>;
}

/** The file is replaced at once, so that a process that dies leaves the old one or the new one, and no half. */
export async function fileCheckpoints(file: string): Promise<Checkpoints> {
  const saved: Record<string, string> = JSON.parse(await readFile(file, 'utf8').catch(ifMissing));
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    await writeFile(`${file}.new`, JSON.stringify(saved, null, 2));
    await rename(`${file}.new`, file);
  }

  return {
    get: (shard) => Promise.resolve(saved[shard]),
    set(shard, sequenceNumber) {
      saved[shard] = sequenceNumber;
      // One after the other, as shards are read at the same time.
      writing = writing.then(write);
      return writing;
    },
  };
}

function ifMissing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '{}';
  throw error;
}
