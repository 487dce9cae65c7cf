/**
 * A connection to the plugin server, which carries the frames of many requests.
 *
 * nginx gives a socket to the request that has opened it, so a timer owns the connection. One of its threads sends whatever
 * waits, the other hands out replies. Requests that come at the same time thus share a write, and wake the plugin server once.
 */

import { BYE, MAGIC } from './format';
import { type Frame, u32 } from './frame';

const { byte, sub } = string;
const { insert, remove } = table;
const semaphore = require('ngx.semaphore');

/** Longer than the plugin server's own limit for a phase, after which it answers with a cause. */
export const ANSWER_TIMEOUT_S = 35;
const CONNECT_TIMEOUT_MS = 1000;
/** How long an event waits while nobody listens: longer than a plugin server takes to restart. */
const AWAY_S = 1.75;
/** The pause before connecting again. */
const RETRY_S = 0.25;
/** How long a read lasts before the connection looks whether it is still needed. */
const LOOK_MS = 1000;
/** A connection is closed after so many looks in a row that found no event. */
const IDLE_LOOKS = 60;
const HEAD_BYTES = 16;

/** A send takes frames until they are this large together, since nginx copies them and keeps the memory. */
const MAX_SEND_BYTES = 256 * 1024;

/** A request that waits for its reply. */
export interface Waiter {
  readonly frame: Frame;
  /** When it began to wait, in seconds. */
  readonly since: number;
  readonly answered: Semaphore;
  /** The reply's calls; undefined if there is no reply. */
  calls: string | undefined;
  /** The reply's bytes, or why there is no reply. If undefined, the frame was not sent and may go elsewhere. */
  rest: string | undefined;
}

export interface Connection {
  readonly waiters: LuaTable<number, Waiter>;
  /** The number of waiters. */
  events: number;
  /** When the last answer came, or the first event after all were answered. */
  heardAt: number;
  lastId: number;
  /** The frames after this one have not been sent. */
  lastSentId: number;
  /** Wakes the sending thread. */
  readonly work: Semaphore;
  readonly startedAt: number;
  /** `away`: nobody listens. */
  state: 'starting' | 'connecting' | 'away' | 'open';
  /** Takes no new events: the server has said BYE, or the connection has failed. */
  isEnding: boolean;
  /** Why it has failed. */
  failure: string | undefined;
}

/** Those that take new events. */
export const connections: Connection[] = [];

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

/** A connection that takes events at once and sends them when it is open, or nil and the cause. */
export function startConnection(): Result<Connection> {
  serverSocket();
  const connection: Connection = {
    waiters: new LuaTable(),
    events: 0,
    heardAt: 0,
    lastId: 0,
    lastSentId: 0,
    work: semaphore.new(0),
    startedAt: ngx.now(),
    state: 'starting',
    isEnding: false,
    failure: undefined,
  };
  // Kong's own timers share a limited number of threads, which something that lasts must not take up.
  const timerAt = native_timer_at ?? ngx.timer.at;
  const [started, cause] = timerAt(0, () => own(connection));
  if (started === undefined) return $multi(undefined, cause);
  insert(connections, connection);
  return $multi(connection, undefined);
}

/** Queues a frame, whose answer posts `waiter.answered`. @returns the event's number */
export function addEvent(connection: Connection, waiter: Waiter): number {
  const id = connection.lastId + 1;
  const { pieces, bytes } = waiter.frame;
  pieces[0] = MAGIC;
  pieces[1] = u32(id);
  pieces[2] = u32(bytes);
  connection.lastId = id;
  connection.waiters.set(id, waiter);
  if (connection.events === 0) connection.heardAt = ngx.now();
  connection.events += 1;
  if (connection.lastSentId === id - 1) connection.work.post(1);
  return id;
}

/** Takes a waiter out, and its frame if that was not sent. Undefined if it has its answer already. */
export function takeWaiter(connection: Connection, id: number): Waiter | undefined {
  const waiter = connection.waiters.get(id);
  if (waiter !== undefined) {
    connection.waiters.delete(id);
    connection.events -= 1;
  }
  return waiter;
}

/** Gives the connection no more events. */
export function takeNoMore(connection: Connection): void {
  connection.isEnding = true;
  let at = 1;
  for (const each of connections) {
    if (each === connection) {
      remove(connections, at);
      return;
    }
    at += 1;
  }
}

/** Ends a connection. Of its events, those up to `failedId` fail, and all others go elsewhere. */
export function end(connection: Connection, failure: string, failedId: number): void {
  takeNoMore(connection);
  connection.failure = failure;
  for (const [id] of connection.waiters as LuaPairsIterable<number, Waiter>) {
    answer(connection, id, undefined, id > failedId ? undefined : failure);
  }
}

/** Runs in the connection's timer from its opening to its end. */
function own(connection: Connection): void {
  if (connection.isEnding) return;
  const [, failure] = pcall(converse, connection);
  takeNoMore(connection);
  // Where it could not be opened, another connection may take its events.
  const canGoOn = connection.state === 'open' || connections.length > 0;
  end(connection, tostring(failure), canGoOn ? connection.lastSentId : connection.lastId);
}

/** @returns why it has ended */
function converse(connection: Connection): string {
  const [socket, cause] = connect(connection);
  if (socket === undefined) return `no connection: ${cause}`;
  connection.state = 'open';
  const sender = ngx.thread.spawn(sendAll, connection, socket);
  const failure = receive(connection, socket);
  ngx.thread.kill(sender);
  socket.close();
  return failure;
}

/** The socket once somebody listens, or nil and the cause when no event waits for it any more. */
function connect(connection: Connection): Result<Socket> {
  connection.state = 'connecting';
  while (true) {
    const socket = ngx.socket.tcp();
    socket.settimeouts(CONNECT_TIMEOUT_MS, ANSWER_TIMEOUT_S * 1000, LOOK_MS);
    const [connected, cause] = socket.connect(serverSocket());
    if (connected !== undefined) return $multi(socket, undefined);
    if (cause !== 'connection refused' && cause !== 'no such file or directory')
      return $multi(undefined, cause);
    connection.state = 'away';
    const tooOld = ngx.now() - AWAY_S;
    for (const [id, { since }] of connection.waiters as LuaPairsIterable<number, Waiter>) {
      if (since <= tooOld) answer(connection, id, undefined, `no connection: ${cause}`);
    }
    if (connection.events === 0) return $multi(undefined, cause);
    ngx.sleep(RETRY_S);
  }
}

function sendAll(connection: Connection, socket: Socket): void {
  const [, failure] = pcall(send, connection, socket);
  connection.failure = tostring(failure);
}

/** @returns why it has ended */
function send(connection: Connection, socket: Socket): string {
  while (connection.failure === undefined) {
    const frames = takeFrames(connection);
    if (frames.length === 0) connection.work.wait(ANSWER_TIMEOUT_S);
    else {
      const [sent, cause] = socket.send(frames);
      if (sent === undefined) return `not sent: ${cause}`;
    }
  }
  return connection.failure;
}

/** The next frames to send, in pieces: those for whose replies somebody still waits. */
function takeFrames(connection: Connection): string[][] {
  const frames: string[][] = [];
  let count = 0;
  let bytes = 0;
  while (connection.lastSentId < connection.lastId && bytes < MAX_SEND_BYTES) {
    connection.lastSentId += 1;
    const waiter = connection.waiters.get(connection.lastSentId);
    if (waiter !== undefined) {
      frames[count] = waiter.frame.pieces;
      count += 1;
      bytes += waiter.frame.bytes;
    }
  }
  return frames;
}

/** Hands out replies as long as there are events, or may be some. @returns why it has ended */
function receive(connection: Connection, socket: Socket): string {
  while (!connection.isEnding || connection.events > 0) {
    const [head, noHead] = receiveBytes(connection, socket, HEAD_BYTES);
    if (head === undefined) return connection.failure ?? `no answer: ${noHead}`;
    const callBytes = uint32(head, 9);
    const restBytes = uint32(head, 13);
    if (sub(head, 1, 4) !== MAGIC || callBytes + restBytes > PLUGIN.maxFrameBytes) {
      return 'an answer that is no frame, or too large';
    }
    const [calls, callsCut] = receiveBytes(connection, socket, callBytes);
    if (calls === undefined) return `answer cut off: ${callsCut}`;
    let [rest, restCut]: [string | undefined, string | undefined] = ['', undefined];
    if (restBytes > 0) [rest, restCut] = receiveBytes(connection, socket, restBytes);
    if (rest === undefined) return `answer cut off: ${restCut}`;
    if (byte(calls, 1) === BYE) takeNoMore(connection);
    else answer(connection, uint32(head, 5), calls, rest);
  }
  return 'closed';
}

/** So many bytes, or nil and the cause. */
function receiveBytes(connection: Connection, socket: Socket, count: number): Result<string> {
  let received = '';
  let idleLooks = 0;
  while (true) {
    const [bytes, cause, part] = socket.receive(count - received.length);
    if (bytes !== undefined) return $multi(received === '' ? bytes : received + bytes, undefined);
    received += part;
    idleLooks = connection.events > 0 ? 0 : idleLooks + 1;
    const isIdle =
      idleLooks === IDLE_LOOKS || (idleLooks > 0 && (connection.isEnding || ngx.worker.exiting()));
    if (cause !== 'timeout' || isIdle || connection.failure !== undefined) return $multi(undefined, cause);
  }
}

function answer(
  connection: Connection,
  id: number,
  calls: string | undefined,
  rest: string | undefined,
): void {
  connection.heardAt = ngx.now();
  const waiter = takeWaiter(connection, id);
  // It has waited too long and is gone.
  if (waiter === undefined) return;
  waiter.calls = calls;
  waiter.rest = rest;
  waiter.answered.post(1);
}

function uint32(text: string, at: number): number {
  const [a, b, c, d] = byte(text, at, at + 3);
  return a + b * 256 + c * 65_536 + d * 16_777_216;
}
