/** Writes replies in the front's format: the calls Kong is to carry out, in order, and one run of bytes. */

import type { ExitBody } from '../protocol/messages';
import type { MethodName } from '../protocol/methods';
import type { Value } from '../protocol/values';
import { MAGIC } from './eventFrame';
import { BYTES, CALLS, COUNT, JSON_TEXT, MAP, NIL, NUMBER, REMOVED, TEXT } from './kinds';

const HEAD_BYTES = 16;
const FIELD_HEAD_BYTES = 5;
const TRAILER_BYTES = 4;
const FIRST_BYTES = 2048;
/** Longer text goes as bytes after the calls, so Lua need not cut it out of them. */
const LONG_TEXT = 4 * 1024;
/** Shorter bytes are joined to the calls: copying so little costs less than another piece. */
const JOIN_BELOW_BYTES = 16 * 1024;

/** Differs from one reply to the next (front/README.md). */
let trailer = 0;

/** A reply that consists only of its kind. @param id of the event */
export function shortReply(kind: number, id: number): Buffer {
  const reply = Buffer.alloc(HEAD_BYTES + 1);
  reply.writeUInt32LE(MAGIC, 0);
  reply.writeUInt32LE(id, 4);
  reply.writeUInt32LE(1, 8);
  reply[HEAD_BYTES] = kind;
  return reply;
}

const NONE = Buffer.alloc(0);

export class ReplyWriter {
  private buffer = NONE;
  private at = HEAD_BYTES + 1;
  private bytes: Uint8Array | undefined;

  /** @throws TypeError for arguments that the method does not take; nothing is added then */
  call(name: MethodName, args: readonly unknown[]): void {
    const { at, bytes } = this;
    try {
      this.text(name);
      if (name === 'kong.response.exit') this.exitArguments(args as ExitArguments);
      else if (name.startsWith('kong.log.')) {
        this.head(COUNT, 1);
        this.text(args.map(logged).join(''));
      } else this.arguments(name, args);
    } catch (error) {
      this.at = at;
      this.bytes = bytes;
      throw error;
    }
  }

  /** Returns the reply to an event as pieces to write, and starts again in new memory. */
  take(id: number): Uint8Array[] {
    const { bytes } = this;
    const joined = bytes !== undefined && bytes.length < JOIN_BELOW_BYTES;
    this.reserve(TRAILER_BYTES + (joined ? bytes.length : 0));
    const { buffer } = this;
    trailer = (trailer + 1) >>> 0;
    buffer.writeUInt32LE(trailer, this.at);
    let end = this.at + TRAILER_BYTES;
    buffer.writeUInt32LE(MAGIC, 0);
    buffer.writeUInt32LE(id, 4);
    buffer.writeUInt32LE(end - HEAD_BYTES, 8);
    buffer.writeUInt32LE(bytes?.length ?? 0, 12);
    buffer[HEAD_BYTES] = CALLS;
    if (joined) {
      buffer.set(bytes, end);
      end += bytes.length;
    }
    this.at = HEAD_BYTES + 1;
    this.bytes = undefined;
    this.buffer = NONE;
    const calls = buffer.subarray(0, end);
    return bytes === undefined || joined ? [calls] : [calls, bytes];
  }

  private arguments(name: MethodName, args: readonly unknown[]): void {
    const count = ARGUMENTS[name] ?? 1;
    if (args.length < count || args.slice(0, count).includes(undefined))
      throw new TypeError('too few arguments');
    this.head(COUNT, count);
    const [first, second] = args;
    if (name.endsWith('.set_raw_body')) this.body(bytesOrText(first));
    else if (TAKES_MAP.test(name)) this.map(object(first));
    else if (name === 'kong.response.set_status') this.integer(first);
    else this.text(first);
    if (name === 'kong.service.set_target') this.integer(second);
    else if (count === 2) this.value(second as Value);
  }

  /** As in ProtoBuf:1, a missing body is an empty one and an object goes out as JSON. */
  private exitArguments([status, body, headers]: ExitArguments): void {
    const isJson = typeof body === 'object' && body !== null && !(body instanceof Uint8Array);
    this.head(COUNT, 3);
    this.integer(status);
    this.body(isJson ? JSON.stringify(body) : bytesOrText(body ?? ''));
    if (isJson) this.map({ 'content-type': 'application/json; charset=utf-8', ...headers });
    else if (headers === undefined) this.head(NIL, 0);
    else this.map(object(headers));
  }

  private body(body: string | Uint8Array): void {
    if (this.bytes === undefined && (typeof body !== 'string' || body.length > LONG_TEXT)) {
      this.bytes = typeof body === 'string' ? Buffer.from(body) : body;
      this.head(BYTES, 0);
    } else if (typeof body === 'string') this.text(body);
    else {
      this.head(TEXT, body.length);
      this.reserve(body.length);
      this.buffer.set(body, this.at);
      this.at += body.length;
    }
  }

  private map(entries: Readonly<Record<string, Value | undefined>>): void {
    const start = this.at;
    let count = 0;
    this.head(MAP, 0);
    for (const name in entries) {
      const value = entries[name];
      if (value === undefined) continue;
      this.text(name);
      if (Array.isArray(value) && value.length === 0) this.head(REMOVED, 0);
      else this.value(value);
      count++;
    }
    this.buffer.writeUInt32LE(count, start + 1);
  }

  private value(value: Value): void {
    if (typeof value === 'string') this.text(value);
    else if (typeof value === 'number') this.text(String(value), NUMBER);
    else if (value === null) this.head(NIL, 0);
    else this.text(JSON.stringify(value), JSON_TEXT);
  }

  private integer(value: unknown): void {
    if (!Number.isInteger(value)) throw new TypeError('not a whole number');
    this.text(String(value), NUMBER);
  }

  private text(text: unknown, kind = TEXT): void {
    if (typeof text !== 'string') throw new TypeError('not text');
    // At most three bytes per JavaScript character.
    this.reserve(FIELD_HEAD_BYTES + text.length * 3);
    const n = this.buffer.write(text, this.at + FIELD_HEAD_BYTES);
    this.head(kind, n);
    this.at += n;
  }

  private head(kind: number, n: number): void {
    this.reserve(FIELD_HEAD_BYTES);
    this.buffer[this.at] = kind;
    this.buffer.writeUInt32LE(n, this.at + 1);
    this.at += FIELD_HEAD_BYTES;
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, this.at + bytes, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.at);
    this.buffer = grown;
  }
}

type ExitArguments = [status: number, body?: ExitBody, headers?: Record<string, Value>];

/** How many arguments a method takes, if not one. */
const ARGUMENTS: Partial<Record<MethodName, number>> = {
  'kong.ctx.shared.set': 2,
  'kong.response.set_header': 2,
  'kong.response.add_header': 2,
  'kong.service.set_target': 2,
  'kong.service.request.set_header': 2,
  'kong.service.request.add_header': 2,
};
const TAKES_MAP = /\.set_(headers|query)$/;

function logged(value: unknown): string {
  return typeof value === 'string' ? value : String(JSON.stringify(value));
}

function object(value: unknown): Record<string, Value> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('not an object');
  return value as Record<string, Value>;
}

function bytesOrText(value: unknown): string | Uint8Array {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  throw new TypeError('neither text nor bytes');
}
