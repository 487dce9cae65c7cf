/** Lets a caller watch requests and their answers. Clients, plugins and upstreams notice nothing. */

import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Answer } from './answer';
import type { RequestContext } from './requestContext';

/** An answer as the client got it. */
export interface SeenAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string | string[]>;
  /** Undefined above 1 MiB. */
  body: Buffer | undefined;
}

/** Watches one request. */
export interface Observer {
  /** The body as the client sent it. Not called if not all of it could be read. */
  body(bytes: Uint8Array): void;
  /** Called once, after `body`. Undefined: the client or the upstream disconnected before the answer was complete. */
  end(answer: SeenAnswer | undefined): void;
}

/** Called for each request as it arrives. @returns undefined for a request that is of no interest */
export type Observe = (request: RequestContext) => Observer | undefined;

/** An answer to 500 events takes some 100 KB. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** An answer with the same body, and the part of the body that has passed so far. */
export function tap(answer: Answer): { answer: Answer; passed(): Buffer | undefined } {
  const { body } = answer;
  if (body instanceof Uint8Array) return { answer, passed: () => Buffer.from(body) };
  const chunks: Buffer[] = [];
  let size = 0;
  async function* pass(): AsyncGenerator<Buffer> {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= MAX_ANSWER_BYTES) chunks.push(chunk);
      yield chunk;
    }
  }
  return {
    answer: { ...answer, body: Readable.from(pass()) },
    passed: () => (size <= MAX_ANSWER_BYTES ? Buffer.concat(chunks) : undefined),
  };
}

/**
 * Reads a body that no plugin has asked for, which nginx and Node would discard.
 *
 * @returns undefined if it is longer than `maxBytes`, or the client disconnects or waits to be asked for it
 */
export function readUnread(raw: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  if (raw.headers.expect !== undefined) return Promise.resolve(undefined);
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    raw.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else chunks.length = 0;
    });
    raw.once('end', () => resolve(size <= maxBytes ? Buffer.concat(chunks, size) : undefined));
    raw.once('close', () => resolve(undefined));
  });
}
