import { describe, expect, test } from 'vitest';
import type { Codec } from '../../../../pluginserver/protocol/codec';
import { RouteCodec } from '../../../../pluginserver/protocol/entities';
import { KeyValue } from '../../../../pluginserver/protocol/messages';
import { RpcCallCodec, RpcReturnCodec } from '../../../../pluginserver/protocol/rpc';
import { StructCodec, ValueCodec } from '../../../../pluginserver/protocol/values';

describe('garbage', () => {
  const codecs: [string, Codec<never>][] = [
    ['RpcCall', RpcCallCodec as Codec<never>],
    ['RpcReturn', RpcReturnCodec as Codec<never>],
    ['KV', KeyValue as Codec<never>],
    ['Route', RouteCodec as Codec<never>],
    ['Value', ValueCodec as Codec<never>],
    ['Struct', StructCodec as Codec<never>],
  ];

  test.each(codecs)('%s: 5,000 random messages are read or raise within a second', (_, codec) => {
    const random = generator(42);
    const started = Date.now();
    for (let i = 0; i < 5_000; i++) {
      const bytes = Buffer.from(Array.from({ length: random() % 64 }, () => random() & 255));
      try {
        codec.decode(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }
    expect(Date.now() - started).toBeLessThan(1000);
  });

  /** A linear congruential generator (Numerical Recipes): the same messages in every run. */
  function generator(seed: number): () => number {
    let state = seed;
    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 12;
    };
  }
});
