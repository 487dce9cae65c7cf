/** wrk (https://github.com/wg/wrk), a load generator that leaves the processors to those under test. */

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

export interface WrkResult {
  requests: number;
  requestsPerSecond: number;
  p99Ms: number;
}

export interface WrkOptions {
  url: string;
  seconds: number;
  connections: number;
  /** Sent by turns: files with their bodies, and their cookies. */
  requests: readonly { body: string; cookie: string }[];
  headers: Readonly<Record<string, string>>;
}

const SCRIPT = path.resolve('load/bench/kong/post.lua');
const MILLIS: Record<string, number> = { us: 1 / 1000, ms: 1, s: 1000 };

/** @throws Error where wrk isn't installed, or a request was not answered 200 */
export async function wrk(options: WrkOptions): Promise<WrkResult> {
  const { url, seconds, connections, requests, headers } = options;
  const args = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--timeout',
    '10s',
    '--latency',
    '-s',
    SCRIPT,
    url,
  ];
  const { stdout } = await promisify(execFile)('wrk', args, {
    env: {
      PATH: process.env.PATH,
      REQUESTS: requests.map(({ body, cookie }) => `${body}\n${cookie}`).join('\n'),
      HEADERS: Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n'),
    },
  }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT'
      ? new Error('--kong needs wrk, which most systems have as a package')
      : error;
  });
  const failed = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(stdout);
  if (failed !== null) throw new Error(`${url}: ${failed[0]}`);
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout)!;
  return {
    requests: Number(/(\d+) requests in/.exec(stdout)![1]),
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)![1]),
    p99Ms: Number(p99) * MILLIS[unit!]!,
  };
}
