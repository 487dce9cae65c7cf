/** What an upstream has answered where a plugin's `response` phase makes Kong hold it back. */

import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { createHeaderList, type HeaderList } from './headers';

/** Kong holds a body of any size in memory; the sandbox has an end, far above an answer of Kinesis. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

export interface UpstreamAnswer {
  /** As the upstream gave it. */
  readonly upstreamStatus: number;
  readonly headers: HeaderList;
  readonly body: Buffer;
  /** What the client gets; a plugin may change it. */
  status: number;
  readonly waitedMs: number;
  readonly proxyLatencyMs: number;
}

/** @throws Error for a body that breaks off, or that is too large to be held */
export async function readUpstreamBody(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error(`an answer above ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

export function headerListOf(headers: IncomingHttpHeaders): HeaderList {
  const list = createHeaderList();
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) list.set(name, [value].flat());
  return list;
}
