/** Accepts Kong's connections, and drains them when told to stop. */

import { once } from 'node:events';
import net from 'node:net';
import type { Connection, ConnectionOptions } from './connection';
import { serveEitherWay } from './eitherWay';

export interface PluginServer {
  readonly runningEvents: number;
  readonly connections: number;
  /** Listens on this path from now on instead of the previous one. */
  listen(bindPath: string): Promise<void>;
  /** Stops listening, gives running events at most `graceMs` to finish, then closes every connection. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Connections that can wait to be accepted while this process is busy. Node's default of 511 lasts for a second, and Kong
 * answers any beyond it with 500. The kernel's `net.core.somaxconn` (4096) caps it.
 */
const BACKLOG = 4096;

/** @param bindPath Unix socket to listen on. @throws the listening socket's error */
export async function startServer(bindPath: string, options: ConnectionOptions): Promise<PluginServer> {
  const connections = new Map<net.Socket, Connection>();
  let onLastClosed: () => void = () => undefined;
  let listener: { server: net.Server; bindPath: string } | undefined;

  function accept(socket: net.Socket): void {
    connections.set(socket, serveEitherWay(socket, options));
    socket.on('close', () => {
      connections.delete(socket);
      if (connections.size === 0) onLastClosed();
    });
  }

  async function listen(bindPath: string): Promise<void> {
    if (bindPath === listener?.bindPath) return;
    // Half open, so a connection that Kong closes needs no orderly end of ours.
    const server = net.createServer({ allowHalfOpen: true }, accept);
    server.listen({ path: bindPath, backlog: BACKLOG });
    await once(server, 'listening');
    server.on('error', (error) => options.log.error({ err: error }, 'cannot accept a connection'));
    const former = listener?.server;
    listener = { server, bindPath };
    // The former server accepts what is in its backlog before it closes.
    setImmediate(() => former?.close());
  }

  async function lastClosed(): Promise<void> {
    if (connections.size === 0) return;
    await new Promise<void>((resolve) => {
      onLastClosed = resolve;
    });
  }

  await listen(bindPath);
  return {
    listen,
    get runningEvents() {
      let running = 0;
      for (const connection of connections.values()) running += connection.runningEvents;
      return running;
    },
    get connections() {
      return connections.size;
    },
    async stop(graceMs) {
      listener!.server.close();
      for (const connection of connections.values()) connection.drain();
      const timer = setTimeout(() => {
        for (const socket of connections.keys()) socket.destroy();
      }, graceMs);
      await lastClosed();
      clearTimeout(timer);
    },
  };
}
