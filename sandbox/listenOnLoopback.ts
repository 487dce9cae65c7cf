/**
 * Preloaded into kinesis-local: makes every server listen on 127.0.0.1.
 *
 * kinesis-local 0.6.2 listens on all addresses and has no setting for it; a developer's Kinesis with open
 * credentials is nobody else's business.
 */

import { Server } from 'node:net';

const { listen } = Server.prototype;

Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
  const [port, ...rest] = args;
  const onLoopback = typeof port === 'number' ? [port, '127.0.0.1', ...rest] : args;
  return Reflect.apply(listen, this, onLoopback) as Server;
};
