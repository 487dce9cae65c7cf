import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameDecoder, frameOf } from '../../../pluginserver/protocol/frames';
import { cases, FUZZ_TIMEOUT_MS, inPieces } from '../../support/fuzz';

const LIMIT = 40;

function decode(chunks: readonly Buffer[]): (string | number)[] {
  const seen: (string | number)[] = [];
  const decoder = createFrameDecoder(
    { frame: (bytes) => seen.push(bytes.toString('hex')), oversizedFrame: (bytes) => seen.push(bytes) },
    LIMIT,
  );
  for (const chunk of chunks) decoder.push(chunk);
  return seen;
}

const cuts = fc.array(fc.nat(1_000_000), { maxLength: 12 });

describe('fuzzing the frame decoder', () => {
  it(
    'reads any frames, however their bytes are cut',
    () => {
      const frames = fc.array(fc.uint8Array({ maxLength: LIMIT + 10 }), { maxLength: 8 });
      fc.assert(
        fc.property(frames, cuts, (contents, places) => {
          const stream = Buffer.concat(contents.map(frameOf));
          const expected = contents.map((bytes) =>
            bytes.length > LIMIT ? bytes.length : Buffer.from(bytes).toString('hex'),
          );
          expect(decode(inPieces(stream, places))).toEqual(expected);
        }),
        cases(),
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    'reads any bytes as the frames that their lengths say, and keeps what is not whole yet',
    () => {
      // Small lengths are likely enough for frames to come about.
      const bytes = fc.array(fc.oneof(fc.constant(0), fc.nat(6), fc.nat(255)), { maxLength: 120 });
      fc.assert(
        fc.property(bytes, cuts, (raw, places) => {
          const stream = Buffer.from(raw);
          const expected: (string | number)[] = [];
          let at = 0;
          while (at + 4 <= stream.length && at + 4 + stream.readUInt32LE(at) <= stream.length) {
            const end = at + 4 + stream.readUInt32LE(at);
            const size = end - at - 4;
            expected.push(size > LIMIT ? size : stream.toString('hex', at + 4, end));
            at = end;
          }
          expect(decode(inPieces(stream, places))).toEqual(expected);
        }),
        cases(),
      );
    },
    FUZZ_TIMEOUT_MS,
  );
});
