/** Events that are too many, too large or too deep, as they are or once decompressed. */

import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { refusalOf } from '../support/http';
import { peakMemoryBytes } from '../support/processMemory';
import { DRIVER } from '../support/startGateway';
import { useAttackedGateway } from '../support/useAttackedGateway';

const MIB = 1024 * 1024;

/** Made when the first test needs it, and kept for the other delivery's. */
function once(make: () => Buffer): () => Buffer {
  let made: Buffer | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const zeros = once(() => Buffer.alloc(256 * MIB));
/** What each is called, its content encoding, its bytes, and how it is refused. */
const bombs: [string, string, () => Buffer, string][] = [
  ['gzip', 'gzip', once(() => gzipSync(zeros())), 'body_too_large'],
  [
    'gzip in many members',
    'gzip',
    once(() => Buffer.concat(Array(500).fill(gzipSync(zeros().subarray(0, MIB))))),
    'body_too_large',
  ],
  ['deflate', 'deflate', once(() => deflateSync(zeros())), 'body_too_large'],
  [
    'brotli',
    'br',
    once(() => brotliCompressSync(zeros(), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })),
    'body_too_large',
  ],
  ['gzip within gzip', 'gzip', once(() => gzipSync(gzipSync(zeros()))), 'body_too_large'],
  ['gzip said twice', 'gzip, gzip', once(() => gzipSync(gzipSync(zeros()))), 'unsupported_media_type'],
];

describe.each(['proxy', 'batch'])(`attacks, delivery: %s (${DRIVER})`, (delivery) => {
  const { stack, post, storedTexts, expectOnlyOurCalls, expectStillServing } = useAttackedGateway(delivery);

  describe('size', () => {
    test.each([
      ['an array a million deep', '['.repeat(1_000_000), 'too_deep'],
      ['an event with an array a million deep', `{"a":${'['.repeat(1_000_000)}`, 'too_deep'],
      ['objects 200,000 deep', '{"a":'.repeat(200_000), 'too_deep'],
      ['an event of just over 1 MiB', `{"a":"${'x'.repeat(MIB)}"}`, 'event_too_large'],
      ['600,000 events', `[${Array(600_000).fill('{}').join(',')}]`, 'too_many_events'],
    ])('%s is refused', async (_, body, code) => {
      expect(refusalOf(await post(body)).code).toBe(code);
      expect(stack.kinesis.calls).toEqual([]);
    });

    test('a million keys are more than a body may have', async () => {
      const body = `{${Array.from({ length: 1_000_000 }, (_, i) => `"${i}":1`).join(',')}}`;
      const answer = await post(body);
      expect(answer.status).toBe(413);
      await expectStillServing();
    });

    test('as many keys, and as long a string, as an event may have are taken', async () => {
      const keys = `{${Array.from({ length: 100_000 }, (_, i) => `"${i}":1`).join(',')}}`;
      const string = JSON.stringify({ a: 'x'.repeat(MIB - 1000) });
      for (const text of [keys, string]) {
        expect((await post(text)).status).toBe(200);
        expect(storedTexts().at(-1)!.startsWith(text.slice(0, -1))).toBe(true);
      }
      await expectOnlyOurCalls();
    });

    test('a field that repeats is in the event once, and one that repeats 100,000 times is refused', async () => {
      const repeated = (times: number) => `{${Array(times).fill('"ip":1').join(',')}}`;
      expect((await post(repeated(500))).status).toBe(200);
      expect(storedTexts()[0]!.match(/"ip"/g)).toHaveLength(1);
      expect(refusalOf(await post(repeated(100_000)))).toMatchObject({ status: 400, code: 'invalid_json' });
    });

    test('a large context of an envelope is not multiplied by its 500 events', async () => {
      const body = `{"batch":[${Array(500).fill('{}').join(',')}],"context":{"x":"${'x'.repeat(1.5 * MIB)}"}}`;
      const before = peakMemoryBytes(stack.gateway.pluginServer.pid);
      for (let i = 0; i < 5; i++) expect(refusalOf(await post(body)).code).toBe('body_too_large');
      expect(peakMemoryBytes(stack.gateway.pluginServer.pid) - before).toBeLessThan(200 * MIB);
      await expectStillServing();
    });
  });

  describe('decompression bombs', () => {
    test.each(bombs)(
      '%s is refused and takes no memory',
      async (_, encoding, make, code) => {
        const bomb = make();
        const before = peakMemoryBytes(stack.gateway.pluginServer.pid);
        const answers = await Promise.all(
          Array.from({ length: 4 }, () => post(bomb, { 'content-encoding': encoding })),
        );
        for (const answer of answers) expect(refusalOf(answer).code).toBe(code);
        expect(peakMemoryBytes(stack.gateway.pluginServer.pid) - before).toBeLessThan(150 * MIB);
        expect(stack.kinesis.calls).toEqual([]);
        await expectStillServing();
      },
      60_000,
    );
  });
});
