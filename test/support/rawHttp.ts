/** Sends bytes that no HTTP client would send. */

import net from 'node:net';

export interface RawAnswer {
  /** Statuses in their order: a server may see several requests in what was sent. */
  statuses: number[];
  text: string;
}

/** @returns what came until the server closed the connection, or said nothing more for `quietMs` */
export function sendRaw(url: string, bytes: string | Buffer, quietMs = 500): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = net.connect(Number(port), hostname, () => socket.write(bytes));
    socket.setTimeout(quietMs, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A server may close while we still write.
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => {
      const text = Buffer.concat(chunks).toString('latin1');
      resolve({
        text,
        statuses: [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status)),
      });
    });
  });
}

/** A request as text, its lines ended with CRLF. Headers are sent as they are given. */
export function rawRequest(
  headers: readonly string[],
  body = '',
  requestLine = 'POST /events HTTP/1.1',
): string {
  return [requestLine, ...headers, '', body].join('\r\n');
}
