/** The socket's file: taken over from an older server without a gap, and left alone once a newer server has it. */

import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs';
import path from 'node:path';

/** `sun_path` of unix(7), minus its terminating zero. */
const MAX_SOCKET_PATH_BYTES = 107;

export interface SocketFile {
  /** The public path. */
  readonly path: string;
  /** Where to bind: a name in the same folder that no other server uses. */
  readonly bindPath: string;
  /** Renames the bound socket to the public path and sets its permissions, unless a newer server has that path. */
  publish(): void;
  /** Whether the public path leads to this server. */
  readonly served: boolean;
  /** Whether somebody else has removed the public path. */
  readonly gone: boolean;
  /**
   * Sets `bindPath` to another name, which stays the same for every attempt until it is published.
   *
   * @throws Error if the folder is missing
   */
  renewBindPath(): string;
  /** Removes the public path for good, if it still leads to this server. */
  remove(): void;
}

/**
 * A server binds its own name and renames it to the public one. So there is a socket at every moment, and an older server,
 * which checks the inode when it ends, leaves the new one alone.
 *
 * @param mode permissions of the socket, for example 0o660
 * @throws Error with one line that names the path if it can't be a socket
 */
export function socketFile(socketPath: string, mode: number): SocketFile {
  const folder = path.dirname(socketPath);
  let bindPath = ownName();
  requireFolder();
  const existing = statSync(socketPath, { throwIfNoEntry: false });
  if (existing !== undefined && !existing.isSocket()) {
    throw new Error(`${socketPath} exists and is not a socket`);
  }
  if (Math.max(Buffer.byteLength(bindPath), Buffer.byteLength(socketPath)) > MAX_SOCKET_PATH_BYTES) {
    throw new Error(`${socketPath} is too long for a Unix socket's path`);
  }
  let inode: bigint | undefined;
  let bindPathUsed = false;
  let removed = false;

  function ownName(): string {
    return path.join(folder, `.${randomBytes(4).toString('hex')}`);
  }

  /** Node reports a missing folder as EACCES. */
  function requireFolder(): void {
    if (!existsSync(folder)) throw new Error(`cannot listen on ${socketPath}: there is no folder ${folder}`);
  }

  return {
    path: socketPath,
    get bindPath() {
      return bindPath;
    },
    publish() {
      bindPathUsed = true;
      const isFirst = inode === undefined;
      if (removed || !(isFirst || this.served || this.gone)) {
        rmSync(bindPath, { force: true });
        return;
      }
      try {
        chmodSync(bindPath, mode);
        const bound = inodeOf(bindPath);
        renameSync(bindPath, socketPath);
        inode = bound;
      } catch (error) {
        rmSync(bindPath, { force: true });
        throw new Error(`cannot listen on ${socketPath}: ${(error as Error).message}`, { cause: error });
      }
    },
    get served() {
      return inode !== undefined && inodeOf(socketPath) === inode;
    },
    get gone() {
      return inode !== undefined && !removed && inodeOf(socketPath) === undefined;
    },
    renewBindPath() {
      requireFolder();
      if (bindPathUsed) bindPath = ownName();
      bindPathUsed = false;
      return bindPath;
    },
    remove() {
      if (this.served) unlinkSync(socketPath);
      removed = true;
    },
  };
}

function inodeOf(file: string): bigint | undefined {
  return statSync(file, { bigint: true, throwIfNoEntry: false })?.ino;
}
