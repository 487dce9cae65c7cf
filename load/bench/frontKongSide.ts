/** Kong's side of the front's frames (front/README.md): one out, one back. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { Reads } from '../../plugins/kinesis-ingest';
import { MAGIC } from '../../pluginserver/front/eventFrame';
import { BYE, HEADERS, NIL, TEXT, UNKNOWN_CONFIG } from '../../pluginserver/front/kinds';
import type { Body } from './bodies';
import { type KongSide, oncePerBody, pdkAnswers } from './kongSide';

const REPLY_HEAD_BYTES = 12;

interface Connection {
  /** The server ends a connection after a thousand events. */
  readonly isOpen: boolean;
  /** Sends a frame. @returns the reply without its head */
  ask(frame: Buffer): Promise<Buffer>;
  close(): void;
}

/** @param connections so many events can be under way */
export async function frontKongSide(socketPath: string, connections: number): Promise<KongSide> {
  const idle = await Promise.all(Array.from({ length: connections }, () => connect(socketPath)));
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
      let connection = idle.pop();
      if (connection === undefined) throw new Error('more events at once than connections');
      let frame = framesFor(body)[instanceId]!;
      for (;;) {
        if (!connection.isOpen) connection = await connect(socketPath);
        roundTrips++;
        const reply = await connection.ask(frame);
        // The server has ended the connection while the frame was on its way, and has not read it.
        if (reply[0] === BYE) continue;
        if (reply[0] === UNKNOWN_CONFIG) {
          frame = eventFrame(instances[instanceId]!, body, true);
          continue;
        }
        idle.push(connection);
        return reply.includes('kong.response.exit') ? 'exited' : 'returned';
      }
    },
    close() {
      for (const connection of idle) connection.close();
    },
  };
}

async function connect(socketPath: string): Promise<Connection> {
  const socket: Socket = createConnection(socketPath);
  await once(socket, 'connect');
  let chunks: Buffer[] = [];
  let received = 0;
  let isOpen = true;
  let answer: { resolve(reply: Buffer): void; reject(error: Error): void } | undefined;

  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    received += chunk.length;
    const [head] = chunks as [Buffer];
    if (head.length < REPLY_HEAD_BYTES) return;
    const end = REPLY_HEAD_BYTES + head.readUInt32LE(4) + head.readUInt32LE(8);
    if (received < end) return;
    const reply = chunks.length === 1 ? head : Buffer.concat(chunks);
    chunks = [];
    // What comes behind a reply, or without having been asked for, is the server's BYE.
    isOpen = received === end && answer !== undefined && reply[REPLY_HEAD_BYTES] !== BYE;
    received = 0;
    answer?.resolve(reply.subarray(REPLY_HEAD_BYTES, end));
    answer = undefined;
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isOpen = false;
    answer?.reject(new Error('the plugin server closed the connection'));
  });

  return {
    get isOpen() {
      return isOpen;
    },
    ask: (frame) =>
      new Promise((resolve, reject) => {
        answer = { resolve, reject };
        socket.write(frame);
      }),
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
  const head = Buffer.alloc(8);
  head.writeUInt32LE(MAGIC);
  head.writeUInt32LE(fields.length, 4);
  return Buffer.concat([head, fields]);
}

function field(kind: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  const head = Buffer.alloc(5);
  head[0] = kind;
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
