/** Lets containers reach what listens on the host's loopback, while a test runs. */

import { once } from 'node:events';
import net from 'node:net';

export interface Forwarded {
  /** Of the same service, as a container reaches it. */
  url: string;
  close(): Promise<void>;
}

export async function forwardToLoopback(url: string): Promise<Forwarded> {
  const { hostname, port } = new URL(url);
  const server = net.createServer((incoming) => {
    const outgoing = net.connect(Number(port), hostname);
    for (const socket of [incoming, outgoing]) socket.on('error', () => socket.destroy());
    incoming.pipe(outgoing).pipe(incoming);
  });
  // Containers come in over Docker's bridge, whose address differs from machine to machine.
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  return {
    url: `http://host.docker.internal:${(server.address() as net.AddressInfo).port}`,
    async close() {
      server.close();
    },
  };
}
