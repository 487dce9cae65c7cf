import { randomBytes } from 'node:crypto';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../../plugins/kinesis-ingest/refusals';
import { type RequestBody, readBody } from '../../../../plugins/kinesis-ingest/request/readBody';
import type { Headers } from '../../../../pluginserver/pdk';
import { createWorkBudget } from '../../../../pluginserver/workBudget';
import { plentyOfMemory } from '../../../support/plentyOfMemory';

const MAX_BYTES = 1024 * 1024;

function read(body: string | Buffer, headers: Headers = {}, maxBytes = MAX_BYTES) {
  return readBody(
    { ip: '', headers, body: Buffer.from(body), hasQuery: false },
    maxBytes,
    plentyOfMemory().reserve(),
  );
}

/** Its text, or the code with which it is refused. */
async function outcomeOf(...args: Parameters<typeof read>): Promise<string> {
  try {
    return (await read(...args)).text.toString();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

const COMPRESSIONS: [string, string, (text: Buffer) => Buffer][] = [
  ['gzip', 'gzip', gzipSync],
  ['gzip under its old name', 'x-gzip', gzipSync],
  ['deflate in the zlib format', 'deflate', deflateSync],
  ['deflate without it', 'deflate', deflateRawSync],
  ['br', 'br', (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
];

/** Text that compresses as ordinary text does. */
const letters = (bytes: number) => Buffer.from(randomBytes(bytes).map((byte) => 0x61 + (byte % 16)));

describe('a byte order mark', () => {
  const MARK = '\ufeff';

  it.each([
    ['in front of a body is skipped', `${MARK}{}`, {}, '{}'],
    ['in front of lines is skipped', `${MARK}{}\n{}`, { 'content-type': 'application/x-ndjson' }, '{}\n{}'],
    ['in front of a compressed body is skipped', gzipSync(`${MARK}{}`), { 'content-encoding': 'gzip' }, '{}'],
    ['alone is no body', MARK, {}, 'empty_body'],
    ['further on stays what it is', `{"a":"${MARK}"}`, {}, `{"a":"${MARK}"}`],
  ])('%s', async (_, body, headers, outcome) => {
    expect(await outcomeOf(body, headers)).toBe(outcome);
  });
});

describe.each(COMPRESSIONS)('a body in %s', (_, encoding, compress) => {
  const encoded = { 'content-encoding': encoding };

  it('is read as what was compressed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3000 }), async (text) => {
        // A lone surrogate has no UTF-8.
        fc.pre(text.isWellFormed());
        expect(await outcomeOf(compress(Buffer.from(text)), encoded)).toBe(text);
      }),
      { numRuns: 50 },
    );
  });

  it('may be as large as the limit when it is inflated, to the byte', async () => {
    const body = (bytes: number) => compress(letters(bytes));
    expect(await outcomeOf(body(MAX_BYTES), encoded)).toHaveLength(MAX_BYTES);
    expect(await outcomeOf(body(MAX_BYTES + 1), encoded)).toBe('body_too_large');
  });

  it('is refused when it grows to more than a hundred times its size', async () => {
    const compressed = compress(Buffer.alloc(MAX_BYTES / 2, 'x'));
    expect(compressed.length * 100).toBeLessThan(MAX_BYTES / 2);
    expect(await outcomeOf(compressed, encoded)).toBe('body_too_large');
  });

  it('is refused before it is decompressed when there is no memory for what is to be expected', async () => {
    const work = createWorkBudget(2 * MAX_BYTES).reserve('192.0.2.1');
    const request = { ip: '', headers: encoded, body: compress(letters(MAX_BYTES)), hasQuery: false };
    await expect(readBody(request, MAX_BYTES, work)).rejects.toMatchObject({ code: 'overloaded' });
    expect(work.bytes).toBe(0);
  });

  it.each([
    ['cut', (body: Buffer) => body.subarray(0, -6)],
    ['of something else', () => Buffer.from('{"a":1}')],
    ['of nothing', () => Buffer.alloc(0)],
  ])('is refused when it is %s', async (_, damage) => {
    const damaged = damage(compress(Buffer.from('{"a":1,"b":"some more text"}')));
    expect(await outcomeOf(damaged, encoded)).toBe('invalid_encoding');
  });

  it('is refused when its text is no UTF-8, or none at all', async () => {
    expect(await outcomeOf(compress(Buffer.from([0xff])), encoded)).toBe('invalid_utf8');
    expect(await outcomeOf(compress(Buffer.alloc(0)), encoded)).toBe('empty_body');
  });
});

it('a gzip body that says less than it has is paid for as it grows', async () => {
  const budget = createWorkBudget(4 * MAX_BYTES);
  const work = budget.reserve('192.0.2.1');
  const body = gzipSync(letters(MAX_BYTES));
  body.writeUInt32LE(10, body.length - 4);
  const request = { ip: '', headers: { 'content-encoding': 'gzip' }, body, hasQuery: false };
  await expect(readBody(request, MAX_BYTES, work)).rejects.toMatchObject({ code: 'overloaded' });
  expect(work.bytes).toBeGreaterThan(MAX_BYTES);
  expect(work.bytes).toBeLessThanOrEqual(budget.limit / 2);
});

it('a gzip body of several members counts as a whole', async () => {
  const member = gzipSync(letters(MAX_BYTES / 2));
  const gzipped = { 'content-encoding': 'GZIP ' };
  expect(await outcomeOf(Buffer.concat([member, member]), gzipped)).toHaveLength(MAX_BYTES);
  expect(await outcomeOf(Buffer.concat([member, member, member]), gzipped)).toBe('body_too_large');
});

it.each(['zstd', 'gzip, gzip', 'gzip, br', 'identity, gzip', 'compress', '*'])(
  'an encoding is refused unless it is one that is known: %s',
  async (encoding) => {
    const body = gzipSync('{}');
    expect(await outcomeOf(body, { 'content-encoding': encoding })).toBe('unsupported_media_type');
    const several = { 'content-encoding': encoding.split(', ') };
    expect(await outcomeOf(body, several)).toBe('unsupported_media_type');
  },
);

describe('a body as it is', () => {
  it.each<[Headers]>([[{}], [{ 'content-encoding': '' }], [{ 'content-encoding': ' Identity' }]])(
    'is read without a promise: %j',
    (headers) => {
      expect(read('{}', headers)).not.toBeInstanceOf(Promise);
    },
  );

  it('is refused before it is looked at when there is no memory for the work on it', () => {
    const work = createWorkBudget(1000).reserve('192.0.2.1');
    const request = { ip: '', headers: {}, body: Buffer.alloc(300, 0xff), hasQuery: false };
    expect(() => readBody(request, MAX_BYTES, work)).toThrow(expect.objectContaining({ code: 'overloaded' }));
    expect(work.bytes).toBe(0);
  });

  it('has the same limit', async () => {
    expect(await outcomeOf('x'.repeat(11), {}, 10)).toBe('body_too_large');
    expect(await outcomeOf('x'.repeat(10), {}, 10)).toBe('x'.repeat(10));
  });

  it.each([
    ['application/x-ndjson', true],
    ['application/ndjson; charset=utf-8', true],
    ['Application/JSONL', true],
    ['application/json', false],
    ['text/plain;charset=UTF-8', false],
    ['', false],
  ])('of type %j is of lines: %s', (type, lines) => {
    expect((read('{}', { 'content-type': type }) as RequestBody).lines).toBe(lines);
  });
});
