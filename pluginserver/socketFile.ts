/** The socket's file: taken over from an older server without a gap, and left alone when a newer one has it. */

import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs';
import path from 'node:path';

/** `sun_path` of unix(7), less its terminating zero. */
const MAX_SOCKET_PATH_BYTES = 107;

export interface SocketFile {
  /** Where to bind: a name of our own in the same folder. */
  readonly bindPath: string;
  /** Renames what was bound over the public path, with the permissions asked for. */
  publish(): void;
  /** Whether the public path leads here: not to a newer server, and not to nothing. */
  readonly served: boolean;
  /** Removes the public path, if it still is ours. */
  remove(): void;
}

/**
 * A server binds a name of its own, which is then renamed over the public one: a socket is there at every moment,
 * and an older server, which looks at the inode when it ends, leaves the new one alone.
 *
 * @param mode permissions of the socket, for example 0o660
 * @throws Error with one line that names the socket when it can't be one
 */
export function socketFile(socketPath: string, mode: number): SocketFile {
  const folder = path.dirname(socketPath);
  const bindPath = path.join(folder, `.${randomBytes(4).toString('hex')}`);
  // Node reports a missing folder as EACCES.
  if (!existsSync(folder)) throw new Error(`cannot listen on ${socketPath}: there is no folder ${folder}`);
  const existing = statSync(socketPath, { throwIfNoEntry: false });
  if (existing !== undefined && !existing.isSocket()) {
    throw new Error(`${socketPath} exists and is not a socket`);
  }
  if (Math.max(Buffer.byteLength(bindPath), Buffer.byteLength(socketPath)) > MAX_SOCKET_PATH_BYTES) {
    throw new Error(`${socketPath} is too long for a Unix socket's path`);
  }
  let inode: bigint | undefined;

  return {
    bindPath,
    publish() {
      try {
        chmodSync(bindPath, mode);
        renameSync(bindPath, socketPath);
      } catch (error) {
        rmSync(bindPath, { force: true });
        throw new Error(`cannot listen on ${socketPath}: ${(error as Error).message}`, { cause: error });
      }
      inode = inodeOf(socketPath);
    },
    get served() {
      return inode !== undefined && inodeOf(socketPath) === inode;
    },
    remove() {
      if (this.served) unlinkSync(socketPath);
    },
  };
}

function inodeOf(file: string): bigint | undefined {
  return statSync(file, { bigint: true, throwIfNoEntry: false })?.ino;
}
