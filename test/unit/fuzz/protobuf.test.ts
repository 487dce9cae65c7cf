import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Codec } from '../../../pluginserver/protocol/codec';
import { METHODS } from '../../../pluginserver/protocol/methods';
import { type RpcCall, RpcCallCodec, RpcReturnCodec } from '../../../pluginserver/protocol/rpc';
import { ListValueCodec, StructCodec, type Value, ValueCodec } from '../../../pluginserver/protocol/values';
import { cases, FUZZ_TIMEOUT_MS, mutated, mutations } from '../../support/fuzz';
import { bytesOf } from '../../support/pluginserver/protobufBytes';

const codecs: [name: string, codec: Codec<unknown>][] = [
  ['RpcCall', RpcCallCodec as Codec<unknown>],
  ['RpcReturn', RpcReturnCodec as Codec<unknown>],
  ['Value', ValueCodec as Codec<unknown>],
  ['Struct', StructCodec as Codec<unknown>],
  ['ListValue', ListValueCodec as Codec<unknown>],
  ...Object.entries(METHODS).flatMap(([name, { args, result }]): [string, Codec<unknown>][] => [
    [`the arguments of ${name}`, args as Codec<unknown>],
    [`the result of ${name}`, result as Codec<unknown>],
  ]),
];

/** Bytes that look like a message: tags with lengths and values that may or may not fit. */
const messageLike = fc
  .array(
    fc.oneof(
      fc.record({ field: fc.oneof(fc.nat(8), fc.integer({ min: 30, max: 37 })), wire: fc.nat(7) }),
      fc.uint8Array({ maxLength: 12 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) =>
    Buffer.concat(
      parts.map((part) => {
        if (part instanceof Uint8Array) return Buffer.concat([Buffer.from([part.length]), part]);
        const tag = (part.field << 3) | part.wire;
        return Buffer.from(tag < 128 ? [tag] : [(tag & 0x7f) | 0x80, tag >>> 7]);
      }),
    ),
  );

const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 64 }), messageLike);

/** Whatever is thrown must be an error that a caller can handle. */
function decodeOrError(codec: Codec<unknown>, bytes: Uint8Array): unknown {
  try {
    return codec.decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return undefined;
  }
}

const number = fc.oneof(fc.double({ noNaN: true }), fc.integer());
const text = fc.string({ unit: 'grapheme' });
const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    number,
    text,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor')), tie('value'), { maxKeys: 4 }),
  ),
})).value;

describe('fuzzing protobuf input', () => {
  it(
    'any bytes are a message or an error, for every message of the protocol',
    () => {
      fc.assert(
        fc.property(anyBytes, fc.nat(codecs.length - 1), (bytes, which) => {
          decodeOrError(codecs[which]![1], bytes);
        }),
        cases(),
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    'a value is read as it was written, names of JavaScript’s own too',
    () => {
      fc.assert(
        fc.property(value, (written) => {
          expect(ValueCodec.decode(bytesOf(ValueCodec.encode(written)))).toEqual(written);
        }),
        cases(4),
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    'a call of Kong’s is read as it was written, and with bytes changed is a call or an error',
    () => {
      const name = fc.string();
      const id = fc.integer({ min: 0, max: 2 ** 31 - 1 });
      const sequence = fc.maxSafeNat();
      const call: fc.Arbitrary<RpcCall> = fc.oneof(
        fc.record({
          command: fc.constant('handleEvent' as const),
          sequence,
          instanceId: id,
          eventName: name,
        }),
        fc.record({
          command: fc.constant('startInstance' as const),
          sequence,
          name,
          config: fc.uint8Array({ maxLength: 40 }),
        }),
        fc.record({ command: fc.constant('closeInstance' as const), sequence, instanceId: id }),
      );
      fc.assert(
        fc.property(call, mutations, (written, changes) => {
          const bytes = Buffer.from(bytesOf(RpcCallCodec.encode(written)));
          const read = RpcCallCodec.decode(bytes);
          if ('config' in read) read.config = new Uint8Array(read.config);
          expect(read).toMatchObject(written);
          decodeOrError(RpcCallCodec as Codec<unknown>, mutated(bytes, changes));
        }),
        cases(2),
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  it('a value that is nested a million deep is an error', () => {
    // A list within an item of a list, from the innermost: each level announces the length of all that is within it.
    const levels: Buffer[] = [];
    let length = 0;
    function wrap(tag: number): void {
      const head = Buffer.from([tag, ...varint(length)]);
      levels.push(head);
      length += head.length;
    }
    for (let i = 0; i < 1_000_000; i++) {
      wrap(0x32);
      wrap(0x0a);
    }
    wrap(0x32);
    expect(() => ValueCodec.decode(Buffer.concat(levels.reverse()))).toThrow(Error);
  });
});

function varint(n: number): number[] {
  const bytes: number[] = [];
  let left = n;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left & 0x7f) | 0x80);
  return [...bytes, left];
}
