/** Reads a request's body, up to nginx's limit. */

import type { IncomingMessage } from 'node:http';
import { Refusal } from './Refusal';

export interface BodyLimits {
  /** A larger body is in a file when a plugin asks for it: nginx's `client_body_buffer_size`. */
  bufferBytes: number;
  /** A larger body is refused: nginx's `client_max_body_size`. */
  maxBytes: number;
}

/** @throws Refusal 413. @throws Error when the client disconnects before the end */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    checkBodySize(size, limits);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
}

/** @throws Refusal 413 */
export function checkBodySize(bytes: number, { maxBytes }: BodyLimits): void {
  if (bytes > maxBytes) throw new Refusal(413, 'Payload too large');
}
