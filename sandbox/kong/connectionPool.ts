/** Kong's pool of connections to one plugin server: one call at a time on each, reused when it ended well. */

import { type Connection, connect } from './connection';

/** Kong's `lua_socket_pool_size`: more idle connections than this are closed. */
const MAX_IDLE = 256;

export interface ConnectionPool {
  /** An idle connection, or a new one. @throws RpcError `refused` */
  take(): Connection | Promise<Connection>;
  /** Gives back a connection whose call ended well. */
  release(connection: Connection): void;
  close(): void;
}

export function createConnectionPool(socketPath: string): ConnectionPool {
  const idle: Connection[] = [];
  let closed = false;

  return {
    take: () => idle.pop() ?? connect(socketPath),
    release(connection) {
      if (closed || idle.length >= MAX_IDLE) return connection.close();
      const drop = () => {
        const at = idle.indexOf(connection);
        if (at >= 0) idle.splice(at, 1);
        connection.close();
      };
      // Bytes nobody asked for mean that the peer has lost count; OpenResty drops such a connection too.
      connection.listen({ frame: drop, failed: drop });
      idle.push(connection);
    },
    close() {
      closed = true;
      for (const connection of idle.splice(0)) connection.close();
    },
  };
}
