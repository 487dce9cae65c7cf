/** Limits a server's connections without refusing a new one. */

import type http from 'node:http';
import type net from 'node:net';

/**
 * A new connection replaces the one that has been idle longest, so a probe gets its answer whoever holds connections open.
 */
export function keepNewest(server: http.Server, maxConnections: number): void {
  const all = new Set<net.Socket>();
  /** In the order they became idle. */
  const idle = new Set<net.Socket>();

  function forget(socket: net.Socket): void {
    all.delete(socket);
    idle.delete(socket);
  }

  server.on('connection', (socket: net.Socket) => {
    if (all.size >= maxConnections) {
      const [oldest] = idle.size > 0 ? idle : all;
      forget(oldest!);
      oldest!.destroy();
    }
    all.add(socket);
    idle.add(socket);
    socket.on('close', () => forget(socket));
  });
  server.on('request', ({ socket }: http.IncomingMessage, response: http.ServerResponse) => {
    idle.delete(socket);
    response.on('close', () => {
      if (all.has(socket)) idle.add(socket);
    });
  });
}
