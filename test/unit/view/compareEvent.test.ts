/** What the gateway did to an event, told by two texts. */

import { describe, expect, test } from 'vitest';
import { compareEvent } from '../../../view/record/compareEvent';

describe('compareEvent', () => {
  test.each<[what: string, sent: string, stored: string, changes: object[]]>([
    ['nothing', '{"a":1.10,"b":[1, 2]}', '{"a":1.10,"b":[1, 2]}', []],
    ['space around an object', ' {"a":1}', '{"a":1}', []],
    ['an added member', '{"a":1}', '{"a":1,"ip":"x"}', [{ pointer: '/ip', change: 'added' }]],
    [
      'a digit that was lost',
      '{"a":12345678901234567890}',
      '{"a":12345678901234567000}',
      [{ pointer: '/a', change: 'replaced', sent: '12345678901234567890' }],
    ],
    [
      'a name spelt with escapes',
      '{"\\u0069p":"mine"}',
      '{"ip":"yours"}',
      [{ pointer: '/ip', change: 'replaced', sent: '"mine"' }],
    ],
    [
      'a repeated member',
      '{"ip":1,"ip":2,"ip":3}',
      '{"ip":9}',
      [
        { pointer: '/ip', change: 'replaced', sent: '1' },
        { pointer: '/ip', change: 'removed', sent: '2' },
        { pointer: '/ip', change: 'removed', sent: '3' },
      ],
    ],
    [
      'a member within an object, and names that a pointer escapes',
      '{"a/b":{"~":1,"c":2}}',
      '{"a/b":{"~":1,"c":3,"d":4}}',
      [
        { pointer: '/a~1b/c', change: 'replaced', sent: '2' },
        { pointer: '/a~1b/d', change: 'added' },
      ],
    ],
    [
      'an object in the place of something else',
      '{"a":7}',
      '{"a":{"b":1}}',
      [{ pointer: '/a', change: 'replaced', sent: '7' }],
    ],
  ])('finds %s', (_, sent, stored, changes) => {
    expect(compareEvent(sent, stored)).toEqual(changes);
  });

  test('tells what came with the envelope from what the gateway added', () => {
    const envelope = '{"sentAt":"t","context":{"app":"shop","os":"x"},"batch":[{}]}';
    const sent = '{"context":{"os":"y"}}';
    const stored = '{"context":{"os":"y","app":"shop","geo":"z"},"sentAt":"t","ip":"i"}';
    expect(compareEvent(sent, stored, envelope)).toEqual([
      { pointer: '/context/app', change: 'shared' },
      { pointer: '/context/geo', change: 'added' },
      { pointer: '/sentAt', change: 'shared' },
      { pointer: '/ip', change: 'added' },
    ]);
  });

  test('a member of the envelope that the gateway has set all the same is the gateway’s', () => {
    expect(compareEvent('{}', '{"ip":"real"}', '{"ip":"made up","batch":[]}')).toEqual([
      { pointer: '/ip', change: 'added' },
    ]);
  });

  test('gives up at objects with very many members', () => {
    const many = `{${Array.from({ length: 10_001 }, (_, i) => `"${i}":0`).join()}}`;
    expect(compareEvent(many, many)).toBeUndefined();
  });
});
