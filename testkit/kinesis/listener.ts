/** An HTTP server that speaks HTTP/1.1 and, like AWS's SDKs with Kinesis, HTTP/2 without TLS. */

import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerResponse } from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface Request {
  method: string;
  url: string;
  /** Names in lower case. */
  headers: Record<string, string | undefined>;
  body: Buffer;
}

/** Ends the request, and reports how. */
export type Answer = (request: Request, response: Response) => Promise<void> | void;
export type Response = Pick<ServerResponse, 'setHeader' | 'writeHead' | 'end' | 'write' | 'destroy'>;

export interface Listener {
  port: number;
  /** False: it stops listening and breaks connections. True: it listens again, on the same port. */
  setListening(listens: boolean): Promise<void>;
  close(): Promise<void>;
}

/** The 10 MiB that a call may have, in base64, and the JSON around them. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const BACKLOG = 4096;
const KEEP_ALIVE_MS = 60_000;
const HTTP2_PREFACE = 'PRI * HTTP/2';

/** @param port 0 takes a free one. @throws the socket's error, such as EADDRINUSE */
export async function startListener(host: string, port: number, answer: Answer): Promise<Listener> {
  const http1 = createHttpServer({ keepAliveTimeout: KEEP_ALIVE_MS }, handle);
  const http2 = createHttp2Server((request, response) => {
    const host = request.authority;
    if (request.headers.host === undefined && host !== undefined) request.headers.host = host;
    handle(request as unknown as IncomingMessage, response);
  });
  http2.on('sessionError', () => undefined);
  const sockets = new Set<Socket>();
  const front = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.once('data', (start: Buffer) => {
      socket.pause();
      socket.unshift(start);
      const isHttp2 = HTTP2_PREFACE.startsWith(start.toString('latin1', 0, HTTP2_PREFACE.length));
      (isHttp2 ? http2 : http1).emit('connection', socket);
      if (!isHttp2) socket.resume();
    });
  });

  function handle(incoming: IncomingMessage, outgoing: ServerResponse | Http2ServerResponse): void {
    const response = outgoing as Response;
    readBody(incoming).then(
      (body) => {
        const { method = '', url = '' } = incoming;
        return answer({ method, url, headers: incoming.headers as Request['headers'], body }, response);
      },
      () => response.destroy(),
    );
  }

  async function listen(at: number): Promise<number> {
    front.listen({ port: at, host, backlog: BACKLOG });
    await once(front, 'listening');
    return (front.address() as AddressInfo).port;
  }

  async function stopListening(): Promise<void> {
    if (!front.listening) return;
    const closed = once(front, 'close');
    front.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  const taken = await listen(port);
  return {
    port: taken,
    async setListening(listens) {
      if (!listens) await stopListening();
      else if (!front.listening) await listen(taken);
    },
    close: stopListening,
  };
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BODY_BYTES) throw new Error('the body is too large');
    chunks.push(chunk as Buffer);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes);
}
