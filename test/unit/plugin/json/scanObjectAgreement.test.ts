/** The scanner beside JSON.parse, whose verdict is its own. Random texts are in test/unit/fuzz/events.test.ts. */

import { describe, expect, it } from 'vitest';
import { scanned, verdictOfJsonParse } from '../../../support/plugin/scannedText';

describe('a text is accepted exactly where JSON.parse accepts it', () => {
  const values = [
    ...[
      '0',
      '-0',
      '1',
      '-1',
      '10',
      '1.0',
      '1.10',
      '0.1',
      '1e5',
      '1E+5',
      '1e-5',
      '1E400',
      '123456789012345678901',
    ],
    ...[
      '00',
      '-',
      '-01',
      '1.',
      '.1',
      '1e',
      '1e+',
      '1e1.5',
      '+1',
      '1_0',
      '0x1',
      'Infinity',
      '-Infinity',
      'NaN',
      '1a',
    ],
    ...['true', 'false', 'null', 'TRUE', 'tru', 'nulll', 'undefined', 'n', 'f'],
    ...[
      '""',
      '"a"',
      '"\\""',
      '"\\\\"',
      '"\\/"',
      '"\\b\\f\\n\\r\\t"',
      '"\\u0000"',
      '"\\uD83D"',
      '"\\ud83d\\ude00"',
    ],
    ...[
      '"\\"',
      '"\\a"',
      '"\\u12"',
      '"\\u12g4"',
      '"\\U0041"',
      '"\\',
      '"',
      "'a'",
      '"\u0000"',
      '"\n"',
      '"\u001f"',
    ],
    ...['"\u007f"', '"\u2028\u2029"', '"é"', '"😀"', '"\ufeff"'],
    ...[
      '[]',
      '[ ]',
      '[1]',
      '[1,2]',
      '[[],{}]',
      '[,]',
      '[1,]',
      '[,1]',
      '[1 2]',
      '[1:2]',
      '[',
      ']',
      '[}',
      '["a"',
    ],
    ...[
      '{}',
      '{ }',
      '{"a":1}',
      '{"a":1,"a":2}',
      '{"":{}}',
      '{"a":[{"b":[]}]}',
      '{"a"}',
      '{"a":}',
      '{:1}',
      '{"a":1,}',
    ],
    ...[
      '{"a" : 1 }',
      '{"a":1 "b":1}',
      '{"a",1}',
      '{"a"::1}',
      '{"a":1,,"b":1}',
      '{1:1}',
      '{null:1}',
      '{',
      '}',
      '{]',
    ],
    ...['\u000b1', '\f1', '\u00a01', '\ufeff1', '\u20281', '/**/1', '1//', '1 1', '1,', ',1', ''],
  ];
  const frames: [string, (value: string) => string][] = [
    ['alone', (value) => value],
    ['in white space', (value) => `\r\n\t ${value} \r\n\t`],
    ['as a member', (value) => `{"a": ${value} ,"b":1}`],
    ['in an array', (value) => `{"a":[0, ${value} ]}`],
    ['followed by a second value', (value) => `${value}{}`],
  ];

  it.each(frames)('for each form of value, %s', (_, frame) => {
    const texts = values.map(frame);
    expect(texts.map((text) => [text, scanned(text).code])).toEqual(
      texts.map((text) => [text, verdictOfJsonParse(text)]),
    );
  });

  it('for names that are looked for, whatever they hold', () => {
    const tree = { ip: { ip: null } };
    for (const value of values) {
      const text = `{"ip":${value},"ip":{"ip":${value}}}`;
      const { code } = scanned(text, tree);
      expect(code, text).toBe(verdictOfJsonParse(text));
    }
  });
});
