/** Serves Kong's connections, and drains them when told to stop. */

import { once } from 'node:events';
import net from 'node:net';
import { type Connection, type ConnectionOptions, serveConnection } from './connection';
import { reusingReads } from './reads';

export interface PluginServer {
  readonly runningEvents: number;
  readonly connections: number;
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
  const server = net.createServer({ pauseOnConnect: true }, (incoming) => {
    const accepted = reusingReads(incoming);
    const { socket } = accepted;
    connections.set(socket, serveConnection(accepted, options));
    socket.on('close', () => {
      connections.delete(socket);
      if (connections.size === 0) allClosed();
    });
  });
  server.listen({ path: bindPath, backlog: BACKLOG });
  await once(server, 'listening');
  server.on('error', (error) => options.log.error({ err: error }, 'cannot accept a connection'));

  return {
    get runningEvents() {
      let running = 0;
      for (const connection of connections.values()) if (connection.busy) running++;
      return running;
    },
    get connections() {
      return connections.size;
    },
    async stop(graceMs) {
      const closed = once(server, 'close');
      server.close();
      for (const connection of connections.values()) connection.drain();
      const timer = setTimeout(() => {
        for (const socket of connections.keys()) socket.destroy();
      }, graceMs);
      await closed;
      // The listener doesn't know of connections whose handle has moved.
      if (connections.size > 0) {
        await new Promise<void>((resolve) => {
          allClosed = resolve;
        });
      }
      clearTimeout(timer);
    },
  };
}
