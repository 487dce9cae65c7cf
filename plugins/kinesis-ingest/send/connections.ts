/** The connections to Kinesis. Each stream has its own, because one that hangs would otherwise take those of the others. */

import { Pool } from 'undici';
import type { Endpoint } from '../config/endpoint';

export interface HttpAnswer {
  status: number;
  /** With names in lower case. */
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface Connections {
  /** @throws Error of the connection, or the signal's reason once that aborts the call */
  post(
    stream: string,
    headers: Record<string, string>,
    body: Buffer,
    signal: AbortSignal,
  ): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** An answer about 500 records is about 100 KB. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;
/** AWS closes idle connections after about a minute, and none must be used at that moment. */
const KEEP_ALIVE_MS = 20_000;

/** @param perStream how many calls to one stream may be under way at once */
export function connectionsTo(endpoint: Endpoint, perStream: number, connectTimeoutMs: number): Connections {
  const hostname = endpoint.hostname.includes(':') ? `[${endpoint.hostname}]` : endpoint.hostname;
  const pools = new Map<string, Pool>();

  function poolOf(stream: string): Pool {
    let pool = pools.get(stream);
    if (pool === undefined) {
      pool = new Pool(`${endpoint.scheme}://${hostname}:${endpoint.port}`, {
        connections: perStream,
        pipelining: 1,
        keepAliveTimeout: KEEP_ALIVE_MS,
        keepAliveMaxTimeout: KEEP_ALIVE_MS,
        connectTimeout: connectTimeoutMs,
        maxResponseSize: MAX_ANSWER_BYTES,
      });
      pools.set(stream, pool);
    }
    return pool;
  }

  return {
    async post(stream, headers, body, signal) {
      const answer = await poolOf(stream).request({
        method: 'POST',
        path: endpoint.path,
        headers,
        body,
        signal,
      });
      return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  };
}
