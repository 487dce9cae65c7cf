/** Clients that want to use up a gateway's memory, in a process of their own: many connections, the largest bodies. */

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type Program, serveParent, startProgram } from '../../testkit/program';

export interface Attack {
  url: string;
  connections: number;
  /** How many addresses of loopback they come from. */
  addresses: number;
  encodings: readonly ('gzip' | 'plain')[];
}

export type Attacker = Program<typeof program>;

export const startAttacker = (): Promise<Attacker> =>
  startProgram<typeof program>('load/faults/attacker.js', { env: { PATH: process.env.PATH } });

/** By this field `kong.yml` sends the attack's events to a stream of their own. */
export const ATTACK_TYPE = 'attack';

/** What kong.yml's `request-size-limiting` lets in. */
const BODY_BYTES = 2 * 1024 * 1024;
const EVENTS = 500;
/** As `Retry-After` says. */
const PAUSE_MS = 1_000;
/** What all of them together send: 1 Gbit/s. */
const BYTES_PER_MS = 125_000;

/** Valid events that compress to not much more than a hundredth, which is the least that is taken. */
function largestBody(): Buffer {
  const filler = 'x'.repeat(Math.floor(BODY_BYTES / EVENTS) - 600);
  const events = Array.from({ length: EVENTS }, () => ({
    type: ATTACK_TYPE,
    messageId: ATTACK_TYPE,
    random: randomBytes(28).toString('hex'),
    filler,
  }));
  return Buffer.from(JSON.stringify(events));
}

function requestOf(host: string, path: string, encoding: 'gzip' | 'plain', body: Buffer): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    ...(encoding === 'gzip' ? ['Content-Encoding: gzip'] : []),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

const addressOf = (number: number) => `127.1.${Math.floor(number / 250)}.${(number % 250) + 1}`;

let stopped = true;
/** When the line is free for the next body. */
let freeAt = 0;
const sockets = new Set<Socket>();
let answers: Record<string, number> = {};

/** Sends a body, waits for the answer and a second more, and again; on a new connection where the old one is closed. */
function attackFrom(address: string, url: URL, request: Buffer): void {
  if (stopped) return;
  const socket = connect({ host: url.hostname, port: Number(url.port), localAddress: address });
  sockets.add(socket);
  const count = (what: string) => (answers[what] = (answers[what] ?? 0) + 1);
  let answered = '';
  const send = () => void (stopped || socket.destroyed || socket.write(request));
  function again(): void {
    const now = performance.now();
    freeAt = Math.max(now, freeAt) + request.length / BYTES_PER_MS;
    setTimeout(send, freeAt - now);
  }
  socket.on('connect', again);
  socket.on('data', (chunk) => {
    answered += chunk.toString('latin1');
    const end = answered.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/^content-length: *(\d+)/im.exec(answered.slice(0, end))?.[1] ?? Number.NaN);
    const isWhole = Number.isNaN(length)
      ? answered.endsWith('0\r\n\r\n')
      : answered.length >= end + 4 + length;
    if (!isWhole) return;
    count(answered.slice(9, 12));
    answered = '';
    setTimeout(again, PAUSE_MS);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => count(error.code ?? error.name));
  socket.on('close', () => {
    sockets.delete(socket);
    setTimeout(() => attackFrom(address, url, request), PAUSE_MS);
  });
}

const program = {
  /** @returns the bytes of one request, by encoding */
  start({ url, connections, addresses, encodings }: Attack): Record<string, number> {
    stopped = false;
    answers = {};
    const target = new URL(url);
    const body = largestBody();
    const requests = encodings.map((encoding) =>
      requestOf(target.host, target.pathname, encoding, encoding === 'gzip' ? gzipSync(body) : body),
    );
    for (let i = 0; i < connections; i++)
      attackFrom(addressOf(i % addresses), target, requests[i % requests.length]!);
    return Object.fromEntries(encodings.map((encoding, i) => [encoding, requests[i]!.length]));
  },
  /** @returns how often it was answered what */
  stop(): Record<string, number> {
    stopped = true;
    for (const socket of sockets) socket.destroy();
    return answers;
  },
};

if (require.main === module) serveParent(program);
