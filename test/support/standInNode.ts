/** What a balancer sees of a Kong node and its plugin server: ports that answer, or don't any more. */

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { BalancedNode } from './balancer';

export interface StandInNode extends BalancedNode {
  /** What was answered with 200. */
  readonly requests: { headers: IncomingHttpHeaders; body: string }[];
  /** What the health checks and the events are told from now on. */
  status: { node: number; pluginServer: number; event: number };
  /** As nginx on SIGQUIT: takes no connection more, ends those that are idle, lets requests end. */
  quit(): Promise<void>;
  /** Takes each connection and ends it without an answer from now on, as where a process has just died. */
  breakConnections(): void;
  close(): Promise<void>;
}

export async function startStandInNode(): Promise<StandInNode> {
  const requests: StandInNode['requests'] = [];
  const status = { node: 200, pluginServer: 200, event: 200 };
  let broken = false;
  const proxy = createServer(async (incoming, outgoing) => {
    const body = await text(incoming);
    if (broken) return void incoming.socket.destroy();
    if (status.event === 200) requests.push({ headers: incoming.headers, body });
    outgoing.writeHead(status.event).end('{}');
  });
  const statusServer = createServer((_, outgoing) => outgoing.writeHead(status.node).end());
  const pluginServer = createServer((_, outgoing) => outgoing.writeHead(status.pluginServer).end());
  const servers = [proxy, statusServer, pluginServer];
  const ports = await Promise.all(servers.map(listen));

  async function quit() {
    const closed = Promise.all([proxy, statusServer].map((server) => once(server, 'close')));
    for (const server of [proxy, statusServer]) {
      server.close();
      server.closeIdleConnections();
    }
    await closed;
  }

  return {
    proxyPort: ports[0]!,
    statusPort: ports[1]!,
    pluginServerPort: ports[2]!,
    requests,
    status,
    quit,
    breakConnections: () => {
      broken = true;
    },
    async close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
