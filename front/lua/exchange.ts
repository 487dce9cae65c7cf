/** Sends one frame to the plugin server and receives one back. */

import { BYE, MAGIC } from './format';

const { byte, sub } = string;

const HEAD_BYTES = 12;
const CONNECT_TIMEOUT_MS = 1000;
const SEND_TIMEOUT_MS = 5000;
/** Longer than the plugin server's own limit for a phase, after which it answers with a cause. */
const READ_TIMEOUT_MS = 35_000;
/** Connections of one nginx worker, and requests that may wait for one. */
const POOL = { pool_size: 512, backlog: 8192 };
const IDLE_MS = 60_000;

/** Pauses before connecting again while nobody listens, in seconds. A plugin server that restarts is back soon. */
const PAUSES_S = [0.25, 0.5, 1];
/** How many requests of one nginx worker may wait like this. All others fail at once. */
const MAX_WAITING = 512;
let waiting = 0;

let path: string | undefined;

/** The socket of the plugin server in kong.conf that has the plugin's name, or else of the first one. */
export function serverSocket(): string {
  if (path === undefined) {
    for (const { name, socket } of kong.configuration.pluginservers ?? []) {
      if (path === undefined || name === PLUGIN.name) path = `unix:${socket}`;
    }
    if (path === undefined) error('pluginserver_names in kong.conf names no plugin server');
  }
  return path;
}

/** A connection once somebody listens, or nil and the cause. Nothing has been sent yet. */
function connect(): Result<Socket> {
  let tries = 0;
  while (true) {
    const socket = ngx.socket.tcp();
    socket.settimeouts(CONNECT_TIMEOUT_MS, SEND_TIMEOUT_MS, READ_TIMEOUT_MS);
    const [connected, cause] = socket.connect(serverSocket(), POOL);
    if (connected !== undefined) return $multi(socket, undefined);
    const isAway = cause === 'connection refused' || cause === 'no such file or directory';
    if (!isAway || tries === PAUSES_S.length || waiting >= MAX_WAITING) return $multi(undefined, cause);
    waiting += 1;
    ngx.sleep(PAUSES_S[tries]!);
    waiting -= 1;
    tries += 1;
  }
}

/**
 * The reply's calls and bytes, or nil and the cause if there is no reply.
 *
 * The server may have closed an idle connection. If it has not received the whole frame, or says that it has not read it,
 * it has not acted on it, and the next connection is tried. Otherwise it may have, and nothing is repeated.
 */
export function exchange(frame: string[]): LuaMultiReturn<[string, string] | [undefined, string]> {
  while (true) {
    const [socket, notConnected] = connect();
    if (socket === undefined) return $multi(undefined, `no connection: ${notConnected}`);
    const wasIdle = socket.getreusedtimes() > 0;
    const [sent, notSent] = socket.send(frame);
    if (sent === undefined) {
      if (wasIdle && notSent !== 'timeout') continue;
      return $multi(undefined, `not sent: ${notSent}`);
    }
    const [head, noHead] = socket.receive(HEAD_BYTES);
    if (head === undefined) return $multi(undefined, `no answer: ${noHead}`);
    const callBytes = uint32(head, 5);
    const bytes = uint32(head, 9);
    if (sub(head, 1, 4) !== MAGIC || callBytes + bytes > PLUGIN.maxFrameBytes) {
      socket.close();
      return $multi(undefined, 'an answer that is no frame, or too large');
    }
    const [calls, callsCut] = socket.receive(callBytes);
    if (calls === undefined) return $multi(undefined, `answer cut off: ${callsCut}`);
    if (byte(calls, 1) === BYE) {
      socket.close();
      if (wasIdle) continue;
      return $multi(undefined, 'the plugin server stops');
    }
    let [body, bodyCut]: [string | undefined, string | undefined] = ['', undefined];
    if (bytes > 0) [body, bodyCut] = socket.receive(bytes);
    if (body === undefined) return $multi(undefined, `answer cut off: ${bodyCut}`);
    socket.setkeepalive(IDLE_MS);
    return $multi(calls, body);
  }
}

function uint32(text: string, at: number): number {
  const [a, b, c, d] = byte(text, at, at + 3);
  return a + b * 256 + c * 65_536 + d * 16_777_216;
}
