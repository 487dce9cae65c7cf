/** A TCP door before the gateway that a test can shut: the gateway is down for the browser, at the same address. */

import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';

export interface SwitchableDoor {
  url: string;
  /** Requests that came through, by method. */
  seen: Record<string, number>;
  /** Nobody listens any more, and what is under way is cut. */
  shut(): Promise<void>;
  open(): Promise<void>;
}

export async function startDoor(targetUrl: string): Promise<SwitchableDoor> {
  const sockets = new Set<Socket>();
  const seen: Record<string, number> = {};
  let server: Server;
  let port = 0;

  async function open(): Promise<void> {
    server = createServer((client) => {
      const upstream = createConnection(Number(new URL(targetUrl).port), '127.0.0.1');
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      client.on('data', (chunk: Buffer) => {
        const method = /^([A-Z]+) \/\S* HTTP\/1/.exec(chunk.toString('latin1', 0, 200))?.[1];
        if (method) seen[method] = (seen[method] ?? 0) + 1;
      });
      client.pipe(upstream).pipe(client);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  }

  await open();
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    open,
    async shut() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
