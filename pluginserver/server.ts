/** Listens on a Unix socket that it takes over from an older server, and drains when told to stop. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, renameSync, statSync, unlinkSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { type Connection, type ConnectionOptions, serveConnection } from './connection';

/** `sun_path` of unix(7), less its terminating zero. */
const MAX_SOCKET_PATH_BYTES = 107;

export interface ServerOptions extends ConnectionOptions {
  socketPath: string;
  /** Permissions of the socket file, for example 0o660. */
  socketMode: number;
}

export interface PluginServer {
  readonly runningEvents: number;
  /** Stops listening, lets running events finish for at most `graceMs`, then closes every connection. */
  stop(graceMs: number): Promise<void>;
}

/** @throws Error with one line that names the socket when it can't be listened on. */
export async function startServer(options: ServerOptions): Promise<PluginServer> {
  const { socketPath, socketMode, log } = options;
  const connections = new Map<net.Socket, Connection>();
  const server = net.createServer((socket) => {
    connections.set(socket, serveConnection(socket, options));
    socket.on('close', () => connections.delete(socket));
  });
  const inode = await listenByRename(server, socketPath, socketMode);
  server.on('error', (error) => log.error({ err: error }, 'cannot accept a connection'));

  return {
    get runningEvents() {
      let running = 0;
      for (const connection of connections.values()) if (connection.busy) running++;
      return running;
    },
    async stop(graceMs) {
      if (inodeOf(socketPath) === inode) unlinkSync(socketPath);
      const closed = once(server, 'close');
      server.close();
      for (const connection of connections.values()) connection.drain();
      const timer = setTimeout(() => {
        for (const socket of connections.keys()) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/**
 * Binds a name of our own and renames it over the public one, so that a socket is there at every moment and an
 * older server, which looks at the inode when it ends, leaves the new one alone.
 */
async function listenByRename(
  server: net.Server,
  socketPath: string,
  mode: number,
): Promise<bigint | undefined> {
  const folder = path.dirname(socketPath);
  // Node reports a missing folder as EACCES.
  if (!existsSync(folder)) throw new Error(`cannot listen on ${socketPath}: there is no folder ${folder}`);
  const existing = statSync(socketPath, { throwIfNoEntry: false });
  if (existing !== undefined && !existing.isSocket())
    throw new Error(`${socketPath} exists and is not a socket`);
  const ownPath = path.join(folder, `.${randomBytes(4).toString('hex')}`);
  if (Math.max(Buffer.byteLength(ownPath), Buffer.byteLength(socketPath)) > MAX_SOCKET_PATH_BYTES) {
    throw new Error(`${socketPath} is too long for a Unix socket's path`);
  }
  try {
    server.listen(ownPath);
    await once(server, 'listening');
    chmodSync(ownPath, mode);
    renameSync(ownPath, socketPath);
  } catch (error) {
    server.close();
    throw new Error(`cannot listen on ${socketPath}: ${(error as Error).message}`, { cause: error });
  }
  return inodeOf(socketPath);
}

function inodeOf(file: string): bigint | undefined {
  return statSync(file, { bigint: true, throwIfNoEntry: false })?.ino;
}
