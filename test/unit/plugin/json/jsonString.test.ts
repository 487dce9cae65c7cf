import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonString } from '../../../../plugins/kinesis-ingest/json/jsonString';

describe('a string is written as JSON.stringify writes it', () => {
  it('where it is a single character, up to those beyond Latin-1', () => {
    const characters = Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code));
    expect(characters.map(jsonString)).toEqual(characters.map((character) => JSON.stringify(character)));
  });

  it.each(['', 'plain', 'two\n', '\ud800', '\udc00\ud800', 'a\u2028b'])('where it is %j', (text) => {
    expect(jsonString(text)).toBe(JSON.stringify(text));
  });

  it('whatever it is', () => {
    fc.assert(
      fc.property(fc.uint16Array(), (units) => {
        const text = String.fromCharCode(...units);
        expect(jsonString(text)).toBe(JSON.stringify(text));
      }),
    );
  });
});
