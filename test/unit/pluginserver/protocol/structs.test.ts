import { describe, expect, it, test } from 'vitest';
import { StructCodec } from '../../../../pluginserver/protocol/values';
import { kongDecode } from '../../../support/pluginserver/kongProtocol';
import { bytesOf, field, UNKNOWN_FIELDS } from '../../../support/pluginserver/protobufBytes';

describe('struct, list and value', () => {
  const entry = (key: string, value: Buffer) => field(1, field(1, key), field(2, value));
  const text = (value: string) => field(3, value);

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])(
    'take %s as a key like any other',
    (key) => {
      const struct = StructCodec.decode(
        Buffer.concat([entry(key, field(5, entry('polluted', text('yes'))))]),
      );
      expect(Object.keys(struct)).toEqual([key]);
      expect(Object.getOwnPropertyDescriptor(struct, key)?.value).toEqual({ polluted: 'yes' });
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      expect(bytesOf(StructCodec.encode(struct))).toEqual(
        entry(key, field(5, entry('polluted', text('yes')))),
      );
    },
  );

  test.each([
    ['an entry with its value before its key', field(1, field(2, text('v')), field(1, 'k')), { k: 'v' }],
    ['an entry without a key', field(1, field(2, text('v'))), { '': 'v' }],
    ['an entry without a value', field(1, field(1, 'k')), { k: null }],
    ['an entry of nothing', field(1), { '': null }],
    ['a value without a kind', entry('k', Buffer.alloc(0)), { k: null }],
    ['a null as Kong writes it, with 1 for 0', entry('k', Buffer.from([0x08, 0x01])), { k: null }],
    [
      'a key twice: the last one counts',
      Buffer.concat([entry('k', text('a')), entry('k', text('b'))]),
      { k: 'b' },
    ],
    [
      'a value of two kinds: the last one counts',
      entry('k', Buffer.concat([text('a'), field(6)])),
      { k: [] },
    ],
    [
      'unknown fields in an entry, a value, a list',
      field(
        1,
        ...UNKNOWN_FIELDS,
        field(1, 'k'),
        ...UNKNOWN_FIELDS,
        field(2, ...UNKNOWN_FIELDS, field(6, ...UNKNOWN_FIELDS, field(1, text('v')), ...UNKNOWN_FIELDS)),
      ),
      { k: ['v'] },
    ],
  ])('%s', (_, bytes, struct) => {
    expect({ ...StructCodec.decode(bytes) }).toEqual(struct);
  });

  it('reads keys as they are, however many and however alike', () => {
    const letters = ['a', 'b', '-', 'é', '€', '\ufffd', '𝄞', '\u0000'];
    const keys = letters.flatMap((a) =>
      letters.flatMap((b) => letters.flatMap((c) => [a, a + b, a + b + c])),
    );
    keys.push(...Array.from({ length: 2_000 }, (_, i) => `x-header-${i}`), 'x'.repeat(40), 'x'.repeat(41));
    for (const key of [...keys, ...keys.reverse()])
      expect(Object.keys(StructCodec.decode(entry(key, text('v'))))).toEqual([key]);
  });

  it('raises on a key that is cut short, also one that was read before', () => {
    const bytes = entry('x-known', text('v'));
    StructCodec.decode(bytes);
    for (let length = 3; length < 11; length++)
      expect(() => StructCodec.decode(bytes.subarray(0, length))).toThrow();
  });

  it('leaves out what is undefined and keeps what is null', () => {
    const struct = { gone: undefined, kept: null } as unknown as Record<string, null>;
    expect(kongDecode('Struct', bytesOf(StructCodec.encode(struct)))).toEqual({ kept: null });
  });
});
