/** Serves Kong's connections, and drains them when told to stop. */

import { once } from 'node:events';
import type net from 'node:net';
import { type Accepted, createReusingServer } from '../reads';
import { type Connection, type ConnectionOptions, serveConnection } from './connection';

export interface PluginServer {
  readonly runningEvents: number;
  readonly connections: number;
  /** Listens there from now on, where it doesn't yet, in place of where it has listened. */
  listen(bindPath: string): Promise<void>;
  /** Stops listening, lets running events finish for at most `graceMs`, then closes every connection. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Connections that wait to be accepted while this process is busy or stands still; Node's 511 are one second's, and
 * what comes beyond Kong answers 500. The kernel's `net.core.somaxconn` (4096) caps it.
 */
const BACKLOG = 4096;

/** @param bindPath Unix socket to listen on. @throws the listening socket's error */
export async function startServer(bindPath: string, options: ConnectionOptions): Promise<PluginServer> {
  const connections = new Map<net.Socket, Connection>();
  let allClosed: () => void = () => undefined;
  let listener: { server: net.Server; bindPath: string } | undefined;

  function accept(accepted: Accepted): void {
    const { socket } = accepted;
    connections.set(socket, serveConnection(accepted, options));
    socket.on('close', () => {
      connections.delete(socket);
      if (connections.size === 0) allClosed();
    });
  }

  async function listen(bindPath: string): Promise<void> {
    if (bindPath === listener?.bindPath) return;
    const server = createReusingServer(accept);
    server.listen({ path: bindPath, backlog: BACKLOG });
    await once(server, 'listening');
    server.on('error', (error) => options.log.error({ err: error }, 'cannot accept a connection'));
    const former = listener?.server;
    listener = { server, bindPath };
    // What waits in its backlog is accepted until then.
    setImmediate(() => former?.close());
  }

  await listen(bindPath);
  return {
    listen,
    get runningEvents() {
      let running = 0;
      for (const connection of connections.values()) if (connection.isBusy()) running++;
      return running;
    },
    get connections() {
      return connections.size;
    },
    async stop(graceMs) {
      const { server } = listener!;
      const closed = once(server, 'close');
      server.close();
      for (const connection of connections.values()) connection.drain();
      const timer = setTimeout(() => {
        for (const socket of connections.keys()) socket.destroy();
      }, graceMs);
      await closed;
      // The listener doesn't know of connections that it has made no socket of.
      if (connections.size > 0) {
        await new Promise<void>((resolve) => {
          allClosed = resolve;
        });
      }
      clearTimeout(timer);
    },
  };
}
