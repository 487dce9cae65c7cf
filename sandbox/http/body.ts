/** A request's body as nginx buffers it: in memory up to a size, above it in a file, up to another size. */

import { type FileHandle, open, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Refusal } from './Refusal';

export type Body = { bytes: Uint8Array } | { file: string; size: number };

export interface BodyLimits {
  /** A body above this goes to a file: nginx's `client_body_buffer_size`. */
  bufferBytes: number;
  /** A body above this is refused: nginx's `client_max_body_size`. */
  maxBytes: number;
}

/**
 * Reads a body to its end.
 *
 * @param file the path of the file, should there be one; who gets it removes it
 * @throws Refusal 413. @throws Error when the client goes away first
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits, file: string): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  let spill: FileHandle | undefined;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      checkBodySize(size, limits);
      if (size <= limits.bufferBytes) continue;
      spill ??= await open(file, 'w', 0o600);
      await spill.writev(chunks.splice(0));
    }
  } catch (error) {
    if (spill !== undefined) await rm(file, { force: true });
    throw error;
  } finally {
    await spill?.close();
  }
  if (spill !== undefined) return { file, size };
  return { bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size) };
}

export function sizeOf(body: Body): number {
  return 'file' in body ? body.size : body.bytes.length;
}

/** @throws Refusal 413 */
export function checkBodySize(bytes: number, { maxBytes }: BodyLimits): void {
  if (bytes > maxBytes) throw new Refusal(413, 'Payload too large');
}
