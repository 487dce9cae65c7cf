import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../plugins/kinesis-ingest/refusals';
import { readBody } from '../../../plugins/kinesis-ingest/request/readBody';
import { cases, FUZZ_TIMEOUT_MS, mutated, mutations } from '../../support/fuzz';
import { plentyOfMemory } from '../../support/plentyOfMemory';

const LIMIT = 1024 * 1024;
const MIB = 1024 * 1024;

const COMPRESS: Record<string, (text: Buffer) => Buffer> = {
  gzip: (text) => gzipSync(text),
  deflate: (text) => deflateSync(text),
  'deflate ': (text) => deflateRawSync(text),
  br: (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
};

/** The text that was read, or the code of the refusal. */
async function read(body: Buffer, encoding: string): Promise<string | { code: string }> {
  const request = { ip: '', headers: { 'content-encoding': encoding }, body, hasQuery: false };
  try {
    return (await readBody(request, LIMIT, plentyOfMemory().reserve())).text.toString();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { code: error.code };
  }
}

const encodings = fc.constantFrom(...Object.keys(COMPRESS));

describe('fuzzing decompression', () => {
  it(
    'what was compressed is read as it was; cut or changed it is read or refused',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.json(),
          encodings,
          mutations,
          fc.nat(1000),
          async (text, encoding, changes, cut) => {
            const body = COMPRESS[encoding]!(Buffer.from(text));
            expect(await read(body, encoding)).toBe(text);
            const truncated = body.subarray(0, cut % body.length);
            expect(await read(truncated, encoding)).toEqual({
              code: expect.stringMatching(/^(invalid_encoding|empty_body)$/),
            });
            await read(mutated(body, changes), encoding);
          },
        ),
        cases(20),
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    'garbage is refused or read, never anything else',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), encodings, async (bytes, encoding) => {
          await read(Buffer.from(bytes), encoding);
        }),
        cases(20),
      );
    },
    FUZZ_TIMEOUT_MS,
  );
});

/** The most memory outside the heap while something runs, beyond what there was before. */
async function peakBytes(action: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().rss;
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 1);
  try {
    await action();
  } finally {
    clearInterval(timer);
  }
  return Math.max(peak, process.memoryUsage().rss) - before;
}

describe('attacks: decompression bombs', () => {
  const zeros = Buffer.alloc(128 * MIB);
  const bombs: [string, string, () => Buffer][] = [
    ['gzip', 'gzip', () => gzipSync(zeros, { level: 9 })],
    [
      'gzip in many members',
      'gzip',
      () => Buffer.concat(Array(500).fill(gzipSync(zeros.subarray(0, MIB / 2)))),
    ],
    ['deflate', 'deflate', () => deflateSync(zeros)],
    ['deflate without the zlib format', 'deflate', () => deflateRawSync(zeros)],
    ['brotli', 'br', () => COMPRESS.br!(zeros)],
  ];

  it.each(bombs)(
    '%s: is refused, and never held',
    async (_, encoding, make) => {
      const bomb = make();
      expect(bomb.length).toBeLessThan(2 * MIB);
      await read(bomb, encoding);
      const peak = await peakBytes(async () => {
        expect(await read(bomb, encoding)).toEqual({ code: 'body_too_large' });
      });
      expect(peak).toBeLessThan(zeros.length / 2);
    },
    60_000,
  );

  it('a bomb within a bomb is opened once', async () => {
    const inner = gzipSync(zeros.subarray(0, 16 * MIB));
    expect(await read(gzipSync(inner), 'gzip')).toEqual({ code: 'invalid_utf8' });
    expect(await read(gzipSync(inner), 'gzip, gzip')).toEqual({ code: 'unsupported_media_type' });
  });
});
