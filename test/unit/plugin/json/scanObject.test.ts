import { describe, expect, it } from 'vitest';
import { scanned, verdictOfJsonParse } from '../../../support/plugin/scannedText';

describe('a text that is no JSON is refused with the position of its first wrong byte', () => {
  it.each([
    ['{', 1, 'end'],
    ['{"a"', 4, 'end'],
    ['{"a":', 5, 'end'],
    ['{"a":1', 6, 'end'],
    ['{"a":1,', 7, 'end'],
    ['{"a":"', 6, 'end'],
    ['{"a":"\\', 7, 'end'],
    ['{"a":"\\u00', 10, 'end'],
    ['{"a":tru', 8, 'end'],
    ['{"a":-', 6, 'end'],
    ['{"a":1.', 7, 'end'],
    ['{"a":1e+', 8, 'end'],
    ['{"a":[', 6, 'end'],
    ['[', 1, 'end'],
    ['"a', 2, 'end'],
    ['{,}', 1, 'character'],
    ['{a:1}', 1, 'character'],
    ["{'a':1}", 1, 'character'],
    ['{1:1}', 1, 'character'],
    ['{"a" 1}', 5, 'character'],
    ['{"a":}', 5, 'character'],
    ['{"a":1,}', 7, 'character'],
    ['{"a":1 "b":2}', 7, 'character'],
    ['{"a":1}}', 7, 'character'],
    ['{"a":1} {}', 8, 'character'],
    ['{"a":1]', 6, 'character'],
    ['{"a":[1,]}', 8, 'character'],
    ['{"a":[1}', 7, 'character'],
    ['{"a":{"b":1]}', 11, 'character'],
    ['{"a":01}', 6, 'character'],
    ['{"a":+1}', 5, 'character'],
    ['{"a":.5}', 5, 'character'],
    ['{"a":1.}', 7, 'character'],
    ['{"a":1.e1}', 7, 'character'],
    ['{"a":1e}', 7, 'character'],
    ['{"a":--1}', 6, 'character'],
    ['{"a":0x1}', 6, 'character'],
    ['{"a":NaN}', 5, 'character'],
    ['{"a":nul}', 8, 'character'],
    ['{"a":True}', 5, 'character'],
    ['{"a":truee}', 9, 'character'],
    ['{"a":"\t"}', 6, 'character'],
    ['{"a":"\\x"}', 7, 'character'],
    ['{"a":"\\u00g0"}', 10, 'character'],
    ['{"a\n":1}', 3, 'character'],
    ['{"a":1}//', 7, 'character'],
    ['{/**/}', 1, 'character'],
    ['\ufeff{}', 0, 'character'],
    ['{"a":1\u00a0}', 6, 'character'],
    ['{"é😀":1,}', 12, 'character'],
    ['{"a":1}\0', 7, 'character'],
    ['nothing', 1, 'character'],
  ])('%j at %i', (text, position, what) => {
    expect(verdictOfJsonParse(text)).toBe('malformed');
    const expected = `unexpected ${what === 'end' ? 'end of JSON' : 'character in JSON'} at position ${position}`;
    expect(scanned(text)).toEqual({ code: 'malformed', reason: expected });
  });
});

describe('what is JSON but no event', () => {
  it.each([
    ['empty', ''],
    ['empty', ' \r\n\t'],
    ['other', '[]'],
    ['other', '[{"a":1}]'],
    ['other', '"{}"'],
    ['other', '1'],
    ['other', 'null'],
  ])('is refused with %s: %j', (code, text) => {
    expect(scanned(text).code).toBe(code);
  });
});

describe('attacks: depth', () => {
  const nested = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels);
  const forms: [string, (levels: number) => string][] = [
    ['arrays', (levels) => `{"a":${nested('[', ']', levels - 1)}}`],
    ['empty objects', (levels) => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`],
    [
      'mixed containers',
      (levels) => `{"a":${'[{"b":'.repeat((levels - 2) / 2)}[]${'}]'.repeat((levels - 2) / 2)}}`,
    ],
    [
      'containers after siblings',
      (levels) => `{"z":[[]],"a":${nested('[[],', ']', levels - 2).replace(/,(?=\])/, ',[]')}}`,
    ],
  ];

  it.each(forms)('100 levels of %s are accepted', (_, text) => {
    expect(verdictOfJsonParse(text(100))).toBe('accepted');
    expect(scanned(text(100)).code).toBe('accepted');
  });

  it.each(forms)('more than 100 levels of %s are refused with the limit', (_, text) => {
    const levels = 102;
    expect(verdictOfJsonParse(text(levels))).toBe('accepted');
    expect(scanned(text(levels))).toEqual({
      code: 'too_deep',
      reason: 'nested deeper than 100 levels',
    });
  });

  it('level 101 is one too many', () => {
    expect(scanned(`{"a":${nested('[', ']', 100)}}`).code).toBe('too_deep');
    expect(scanned(`${'{"a":'.repeat(100)}{}${'}'.repeat(100)}`).code).toBe('too_deep');
  });

  it('levels are counted alike inside an object that holds fields of the server', () => {
    const tree = { a: { a: { ip: null } } };
    const accepts = (levels: number) => scanned(`{"a":{"a":${nested('[', ']', levels - 2)}}}`, tree).code;
    expect([accepts(100), accepts(101)]).toEqual(['accepted', 'too_deep']);
  });

  it.each([
    ['a million open brackets', '['.repeat(1_000_000)],
    ['a million open brackets inside an event', `{"a":${'['.repeat(1_000_000)}`],
    ['a million opened objects', '{"a":'.repeat(1_000_000)],
    ['a million brackets opened and closed', nested('[', ']', 1_000_000)],
  ])('%s are refused', (_, text) => {
    expect(scanned(text).code).toBe('too_deep');
  });
});

describe('names that repeat', () => {
  const repeated = (times: number) => `{${Array(times).fill('"ip":1').join(',')}}`;
  const tree = { ip: null };

  it('are taken a thousand times, and no more: each that is looked for takes memory', () => {
    expect(scanned(repeated(1000), tree).code).toBe('accepted');
    expect(scanned(repeated(1001), tree)).toEqual({
      code: 'malformed',
      reason: 'names that repeat too often at position 7001',
    });
  });

  it('may be any number where nobody looks for them', () => {
    expect(scanned(repeated(100_000)).code).toBe('accepted');
  });
});
