import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonString } from '../../../../plugins/kinesis-ingest/json/jsonString';

describe('a string as JSON', () => {
  it.each(Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code)))('%j by itself', (text) => {
    expect(jsonString(text)).toBe(JSON.stringify(text));
  });

  it.each(['', 'plain', 'two\n', '\ud800', '\udc00\ud800', 'a\u2028b'])('%j', (text) => {
    expect(jsonString(text)).toBe(JSON.stringify(text));
  });

  it('any', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(jsonString(text)).toBe(JSON.stringify(text));
      }),
    );
  });
});
