import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { linearPattern } from '../../../../plugins/kinesis-ingest/contracts/linearPattern';

/** Texts that such patterns tell apart. */
const TEXTS = [
  '',
  'sku-1234',
  'sku-12345',
  'L-01',
  'aaa',
  'a.b',
  'A-Z',
  'é',
  'a\nb',
  'a\n',
  '😀',
  '2026-11',
  ' ',
  '[',
  'a-b',
  '$',
];

const PLAIN = [
  '^sku-[0-9]{4}$',
  '^[A-Z]-[0-9]{2,6}$',
  '^[A-Za-z0-9._:@|/+=~-]{1,128}$',
  '^\\d{4}-\\d{2}$',
  '^a\\.b$',
  '^[^a-z]+$',
  '^[\\w.\\-]*$',
  '^a?$',
  '^[\\w-]+[.]csv$',
  '^\\$$',
  '^$',
];
const OTHERS = [
  'a+',
  '^(a+)+$',
  '^a*a*$',
  '^a+b+$',
  '^.*$',
  '^(a|b)$',
  '^[[:alpha:]]+$',
  '^a+?$',
  '^[ab]*a{9}$',
  '^[ab]*aaaaaaaaa$',
  '^\\p{L}+$',
  '^(a)$',
];

describe('a pattern', () => {
  it.each(PLAIN)('%s is one for JavaScript’s own engine, which says the same', (pattern) => {
    const fast = linearPattern(pattern, 'u');
    expect(fast).toBeInstanceOf(RegExp);
    const slow = RE2JS.compile(pattern);
    expect(TEXTS.map((text) => fast.test(text))).toEqual(TEXTS.map((text) => slow.test(text)));
  });

  it.each(OTHERS)('%s is one for the engine without backtracking', (pattern) => {
    expect(linearPattern(pattern, 'u')).not.toBeInstanceOf(RegExp);
  });

  it.each(['(?=a)', '(a)\\1', 'a{2000}', '(', '(?<!a)b'])('%s is refused', (pattern) => {
    expect(() => linearPattern(pattern, 'u')).toThrow();
  });
});
