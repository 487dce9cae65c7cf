/** Detects from a connection's first bytes which protocol Kong speaks: ProtoBuf:1 or the front's frames. */

import type net from 'node:net';
import { MAGIC } from '../front/eventFrame';
import { serveFront } from '../front/frontConnection';
import { countConnection } from '../workBudget';
import { type Connection, type ConnectionOptions, serveConnection } from './connection';

const MAGIC_BYTES = 4;
/** Without the last byte, which is the format's version: a front of another version is told so in the log. */
const ANY_VERSION = 0xffffff;

/** @param socket must stay half open when its peer ends it */
export function serveEitherWay(socket: net.Socket, options: ConnectionOptions): Connection {
  countConnection(socket, options.budget);
  let first: Buffer | undefined;
  let connection: Connection | undefined;

  const onError = (error: Error) => options.log.debug({ err: error }, 'connection failed');
  const onEnd = () => socket.destroy();

  function onData(chunk: Buffer): void {
    first = first === undefined ? chunk : Buffer.concat([first, chunk]);
    if (first.length < MAGIC_BYTES) return;
    socket.off('data', onData).off('error', onError).off('end', onEnd);
    const isFront = (first.readUInt32LE(0) & ANY_VERSION) === (MAGIC & ANY_VERSION);
    connection = isFront ? serveFront(socket, options) : serveConnection(socket, options);
    socket.emit('data', first);
  }

  socket.on('data', onData).on('error', onError).on('end', onEnd);
  return {
    get runningEvents() {
      return connection?.runningEvents ?? 0;
    },
    drain() {
      if (connection !== undefined) connection.drain();
      else socket.end();
    },
  };
}
