/** Kong's side of the front's frames (front/README.md): one out, one back, many under way on a connection. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { Reads } from '../../plugins/kinesis-ingest';
import { MAGIC } from '../../pluginserver/front/eventFrame';
import { BYE, HEADERS, NIL, TEXT, UNKNOWN_CONFIG } from '../../pluginserver/front/kinds';
import type { Body } from './bodies';
import { type KongSide, oncePerBody, pdkAnswers } from './kongSide';

const REPLY_HEAD_BYTES = 16;
/** As many events as the front gives a connection before it opens another. */
const FULL = 16;

interface Connection {
  /** Takes no more events: the server has said BYE. */
  readonly isEnding: boolean;
  /** Sends a frame, together with all others of this turn. @returns the reply without its head */
  ask(frame: Buffer): Promise<Buffer>;
  close(): void;
}

/** @param concurrency so many events can be under way */
export async function frontKongSide(socketPath: string, concurrency: number): Promise<KongSide> {
  const count = Math.ceil(concurrency / FULL);
  const connections = await Promise.all(Array.from({ length: count }, () => connect(socketPath)));
  const instances: { name: string; config: string }[] = [];
  const framesFor = oncePerBody((body) => instances.map((instance) => eventFrame(instance, body, false)));
  let roundTrips = 0;

  return {
    get roundTrips() {
      return roundTrips;
    },
    async startInstance(name, config) {
      return instances.push({ name, config: JSON.stringify({ config, reads: Reads }) }) - 1;
    },
    async handleEvent(instanceId, body) {
      const at = roundTrips++ % count;
      if (connections[at]!.isEnding) connections[at] = await connect(socketPath);
      const connection = connections[at]!;
      let reply = await connection.ask(framesFor(body)[instanceId]!);
      if (reply[0] === UNKNOWN_CONFIG) {
        roundTrips++;
        reply = await connection.ask(eventFrame(instances[instanceId]!, body, true));
      }
      return reply.includes('kong.response.exit') ? 'exited' : 'returned';
    },
    close() {
      for (const connection of connections) connection.close();
    },
  };
}

async function connect(socketPath: string): Promise<Connection> {
  const socket = createConnection(socketPath);
  await once(socket, 'connect');
  const waiting = new Map<number, { resolve(reply: Buffer): void; reject(error: Error): void }>();
  let lastId = 0;
  let unread: Buffer = Buffer.alloc(0);
  let isEnding = false;

  /** @returns the bytes of the first reply, if it is there */
  function replyBytes(): number | undefined {
    if (unread.length < REPLY_HEAD_BYTES) return undefined;
    const bytes = REPLY_HEAD_BYTES + unread.readUInt32LE(8) + unread.readUInt32LE(12);
    return unread.length < bytes ? undefined : bytes;
  }

  socket.on('data', (chunk: Buffer) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    for (let bytes = replyBytes(); bytes !== undefined; bytes = replyBytes()) {
      const id = unread.readUInt32LE(4);
      const reply = unread.subarray(REPLY_HEAD_BYTES, bytes);
      unread = unread.subarray(bytes);
      if (reply[0] === BYE) isEnding = true;
      waiting.get(id)?.resolve(reply);
      waiting.delete(id);
    }
    if (isEnding && waiting.size === 0) socket.destroy();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isEnding = true;
    for (const { reject } of waiting.values()) reject(new Error('the plugin server closed the connection'));
  });

  return {
    get isEnding() {
      return isEnding;
    },
    ask(frame) {
      const id = ++lastId;
      const head = Buffer.from(frame.subarray(0, 12));
      head.writeUInt32LE(id, 4);
      if (socket.writableCorked === 0) {
        socket.cork();
        process.nextTick(() => socket.uncork());
      }
      socket.write(head);
      socket.write(frame.subarray(12));
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    },
    close: () => void socket.destroy(),
  };
}

/** What the front sends for an event, with the values that the `Reads` of kinesis-ingest name, in their order. */
function eventFrame(
  { name, config }: { name: string; config: string },
  body: Body,
  withConfig: boolean,
): Buffer {
  const answers = pdkAnswers(body);
  const headers = Object.entries(answers['kong.request.get_headers'] as Record<string, string>);
  const fields = Buffer.concat([
    field(TEXT, name),
    field(TEXT, 'access'),
    field(TEXT, createHash('md5').update(config).digest('hex')),
    withConfig ? field(TEXT, config) : field(NIL, ''),
    field(TEXT, answers['kong.client.get_forwarded_ip'] as string),
    field(NIL, ''),
    field(TEXT, answers['kong.nginx.get_var'] as string),
    field(TEXT, '0f1e2d3c4b5a69788796a5b4c3d2e1f0'),
    field(HEADERS, headers.map(([header, value]) => `${header}\n${value}\n`).join('')),
    field(TEXT, body.bytes),
  ]);
  const head = Buffer.alloc(12);
  head.writeUInt32LE(MAGIC);
  head.writeUInt32LE(fields.length, 8);
  return Buffer.concat([head, fields]);
}

function field(kind: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  const head = Buffer.alloc(5);
  head[0] = kind;
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
