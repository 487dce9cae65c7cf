import { describe, expect, it, vi } from 'vitest';
import type { Message } from '../../../../pluginserver/protocol/codec';
import {
  createFrameBatch,
  createFrameDecoder,
  DEFAULT_MAX_FRAME_BYTES,
  frameOf,
} from '../../../../pluginserver/protocol/frames';
import { countAlive } from '../../../support/pluginserver/heap';

const LIMIT = 1000;

/** Decodes chunks and tells what came out, a frame as its text and an oversized one as its size. */
function decode(chunks: readonly Uint8Array[], maxFrameBytes = LIMIT): (string | number)[] {
  const seen: (string | number)[] = [];
  const decoder = createFrameDecoder(
    { frame: (bytes) => seen.push(bytes.toString('latin1')), oversizedFrame: (bytes) => seen.push(bytes) },
    maxFrameBytes,
  );
  for (const chunk of chunks) decoder.push(Buffer.from(chunk));
  return seen;
}

function inPiecesOf(bytes: number, stream: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < stream.length; at += bytes) pieces.push(stream.subarray(at, at + bytes));
  return pieces;
}

const STREAM_CONTENT = ['one', '', '', 'two words', 'x'.repeat(LIMIT), '', 'last'];
const STREAM = Buffer.concat(STREAM_CONTENT.map((text) => frameOf(Buffer.from(text))));

describe('reading frames', () => {
  it.each([1, 2, 3, 4, 5, 7, 64, STREAM.length])('reads them from chunks of %i bytes', (bytes) => {
    expect(decode(inPiecesOf(bytes, STREAM))).toEqual(STREAM_CONTENT);
  });

  it('reads them wherever the stream is cut in two', () => {
    for (let at = 0; at <= STREAM.length; at++)
      expect(decode([STREAM.subarray(0, at), STREAM.subarray(at)]), `cut at ${at}`).toEqual(STREAM_CONTENT);
  });

  it('delivers a frame with its last byte, not with the next one', () => {
    expect(decode([frameOf(Buffer.from('now'))])).toEqual(['now']);
    expect(decode([Buffer.alloc(4)])).toEqual(['']);
    expect(decode([frameOf(Buffer.from('now')).subarray(0, 6)])).toEqual([]);
  });

  it('reads a length as unsigned and little-endian', () => {
    expect(decode([Buffer.from([0x00, 0x01, 0x00, 0x00]), Buffer.alloc(256, 'a')])).toEqual([
      'a'.repeat(256),
    ]);
    expect(decode([Buffer.from([0xff, 0xff, 0xff, 0xff]), Buffer.alloc(4096)])).toEqual([]);
  });

  it.each([1, 2, 100, 5000])(
    'reports a frame over the limit once, and goes on (chunks of %i bytes)',
    (bytes) => {
      const stream = Buffer.concat([
        frameOf(Buffer.from('before')),
        frameOf(Buffer.alloc(LIMIT, 'l')),
        frameOf(Buffer.alloc(LIMIT + 1, 'o')),
        frameOf(Buffer.from('after')),
      ]);
      expect(decode(inPiecesOf(bytes, stream))).toEqual(['before', 'l'.repeat(LIMIT), LIMIT + 1, 'after']);
    },
  );

  it.each([1, 1000, 300_000])(
    'gives a frame of %i bytes memory of its own where it comes in pieces',
    (bytes) => {
      const frames: Buffer[] = [];
      const decoder = createFrameDecoder({
        frame: (frame) => frames.push(frame),
        oversizedFrame: () => undefined,
      });
      const content = Buffer.from(Array.from({ length: bytes }, (_, i) => i % 251));
      const pieces = inPiecesOf(
        bytes === 1 ? 4 : 70_001,
        Buffer.concat([frameOf(content), frameOf(content)]),
      );
      for (const piece of pieces) decoder.push(piece);
      expect(frames.map((frame) => frame.equals(content))).toEqual([true, true]);
      expect(frames[0]!.buffer === frames[1]!.buffer && frames[0]!.byteOffset === frames[1]!.byteOffset).toBe(
        false,
      );
    },
  );

  it('holds neither what a frame over the limit brings nor what a header announces', async () => {
    const decoder = createFrameDecoder({ frame: () => undefined, oversizedFrame: () => undefined });
    const before = process.memoryUsage().arrayBuffers;
    const header = Buffer.alloc(4);
    header.writeUInt32LE(DEFAULT_MAX_FRAME_BYTES);
    decoder.push(header);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);

    const oversized = createFrameDecoder({ frame: () => undefined, oversizedFrame: () => undefined }, LIMIT);
    header.writeUInt32LE(0xffffffff);
    oversized.push(header);
    const refs = Array.from({ length: 64 }, () => {
      const chunk = Buffer.alloc(64 * 1024);
      oversized.push(chunk);
      // The memory, not the view of it: a decoder that holds it does so by a view of its own.
      return new WeakRef(chunk.buffer);
    });
    expect(await countAlive(refs)).toBe(0);
  });
});

describe('writing frames', () => {
  const text: Message<string> = {
    write(writer, value) {
      writer.raw(Buffer.from(value));
      return undefined;
    },
    read: () => expect.unreachable('only written here'),
  };
  /** A head that is written, and a body behind it that isn't. */
  const withBody: Message<[head: string, body: Uint8Array]> = {
    write(writer, [head, body]) {
      writer.raw(Buffer.from(head));
      return body;
    },
    read: text.read as never,
  };

  it('joins small frames into one piece, in order', () => {
    const batch = createFrameBatch();
    expect(batch.isEmpty()).toBe(true);
    batch.raw(frameOf(Buffer.from('kong.client.get_ip')));
    batch.frame(text, '');
    batch.frame(text, 'text', frameOf(Buffer.from('before')));
    batch.frame(withBody, ['head ', Buffer.from('body')]);
    batch.frame(text, 'l'.repeat(LIMIT));
    expect(batch.isEmpty()).toBe(false);
    const pieces = batch.take();
    expect(pieces).toHaveLength(1);
    expect(decode(pieces)).toEqual([
      'kong.client.get_ip',
      '',
      'before',
      'text',
      'head body',
      'l'.repeat(LIMIT),
    ]);
    expect(batch.isEmpty()).toBe(true);
    expect(batch.take()).toEqual([]);
  });

  it.each([
    ['a Uint8Array', new Uint8Array(70_000).fill(97)],
    ['a view into a larger buffer', Buffer.alloc(200_000, 'a').subarray(50_000, 120_000)],
  ])('hands over a large body as it is, without a copy: %s', (_, body) => {
    const batch = createFrameBatch();
    batch.frame(text, 'before');
    batch.frame(withBody, ['head', body]);
    expect(batch.isEmpty()).toBe(false);
    batch.frame(text, 'after');
    const pieces = batch.take();
    expect(pieces).toHaveLength(3);
    expect(pieces[1]).toBe(body);
    expect(decode(pieces, 100_000)).toEqual(['before', `head${'a'.repeat(70_000)}`, 'after']);
  });

  it('starts anew after each handover, and leaves alone what it has handed over', () => {
    const batch = createFrameBatch();
    batch.frame(text, 'first');
    const first = batch.take();
    batch.frame(text, 'again');
    expect(decode(batch.take())).toEqual(['again']);
    expect(decode(first)).toEqual(['first']);
    expect(batch.isEmpty()).toBe(true);
  });

  it('adds nothing of a frame whose message throws', () => {
    const batch = createFrameBatch();
    const throwing: Message<string> = {
      ...text,
      write(writer, value) {
        writer.fork().uint32(1).fork().string(value);
        throw new TypeError('no such value');
      },
    };
    batch.frame(text, 'before');
    expect(() => batch.frame(throwing, 'half', frameOf(Buffer.from('its name')))).toThrow('no such value');
    batch.frame(
      { ...text, write: (writer, value) => void writer.fork().string(value).ldelim() as undefined },
      'after',
    );
    expect(decode(batch.take())).toEqual(['before', '\u0006\u0005after']);
  });

  it('keeps no more memory than frames usually need', async () => {
    const batch = createFrameBatch();
    const before = process.memoryUsage().arrayBuffers;
    batch.frame(text, 'l'.repeat(8 * 1024 * 1024));
    batch.take();
    // What has been collected is given back a little later.
    await vi.waitFor(async () => {
      await countAlive([]);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
    });
    expect(batch.isEmpty()).toBe(true);
  });
});
