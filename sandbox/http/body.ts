/** A request's body as nginx buffers it: in memory up to a size, above it in a file. */

import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';

export type Body = { bytes: Uint8Array } | { file: string; size: number };

const NO_BODY: Body = { bytes: Buffer.alloc(0) };

/**
 * Reads a body to its end.
 *
 * @param bufferBytes a body above this goes to a file: nginx's `client_body_buffer_size`
 * @param file the file's path; whoever asked removes it
 * @throws Error when the client goes away first
 */
export async function readBody(request: IncomingMessage, bufferBytes: number, file: string): Promise<Body> {
  const { headers } = request;
  if (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0)
    return NO_BODY;
  const chunks: Buffer[] = [];
  let size = 0;
  let spill: FileHandle | undefined;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= bufferBytes) continue;
      spill ??= await open(file, 'w', 0o600);
      await spill.writev(chunks.splice(0));
    }
  } finally {
    await spill?.close();
  }
  if (spill !== undefined) return { file, size };
  return { bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size) };
}
