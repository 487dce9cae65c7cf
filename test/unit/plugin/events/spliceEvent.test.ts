import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  type FieldValues,
  KEEP,
  spliceEvent,
} from '../../../../plugins/kinesis-ingest/events/spliceEvent';
import { type FieldTree, scanText } from '../../../../plugins/kinesis-ingest/json/scanEvent';
import {
  expectedText,
  parsedWithFields,
  randomObject,
  sortedText,
  textOf,
} from '../../../support/plugin/jsonDocuments';
import { seededRandom } from '../../../support/plugin/random';

function spliced(text: string, tree: FieldTree, values: FieldValues): string {
  const bytes = Buffer.from(text);
  const { object } = scanText(bytes, tree);
  const event = { text: bytes, start: 0, end: bytes.length, object: object! };
  return bytesOf(spliceEvent(event, values, () => undefined)).toString();
}

const branch = (entries: [string, number | FieldTree][]): FieldTree => new Map(entries);

const TREES: [string, FieldTree][] = [
  [
    'names at the top',
    branch([
      ['ip', 0],
      ['received_at', 1],
      ['user_id', 2],
      ['referer', 3],
    ]),
  ],
  [
    'one container',
    branch([
      [
        'context',
        branch([
          ['ip', 0],
          ['user_id', 1],
          ['referer', 2],
          ['é', 3],
        ]),
      ],
    ]),
  ],
  [
    'containers within containers',
    branch([
      [
        'context',
        branch([
          ['ip', 0],
          [
            'context',
            branch([
              ['user_id', 1],
              ['referer', 2],
            ]),
          ],
        ]),
      ],
      ['a', 3],
    ]),
  ],
  [
    "names of JavaScript's own",
    branch([
      ['__proto__', 0],
      [
        'constructor',
        branch([
          ['__proto__', 1],
          ['name', 2],
        ]),
      ],
      ['', 3],
    ]),
  ],
];

const VALUES: FieldValues[] = [
  ['"203.0.113.7"', '"2015-08-30T12:36:00.000Z"', '"é😀"', '{"x":[1,2]}'],
  ['1', undefined, '2', undefined],
  [undefined, '"x"', undefined, '3'],
  [undefined, undefined, undefined, undefined],
  [KEEP, '5', KEEP, undefined],
  [KEEP, KEEP, KEEP, KEEP],
  [{ ifAbsent: '"shared"' }, { ifAbsent: '{"y":[]}' }, KEEP, { ifAbsent: 'null' }],
  ['1', { ifAbsent: '2' }, undefined, { ifAbsent: '"é"' }],
];

function namesOf(tree: FieldTree): string[] {
  return [...tree].flatMap(([name, field]) =>
    field instanceof Map ? [name, name, ...namesOf(field)] : [name],
  );
}

describe.each(TREES)('fields: %s', (_, tree) => {
  it('are set in 6,000 random documents, and every byte besides is the client’s', () => {
    const random = seededRandom(2);
    const names = namesOf(tree);
    for (let n = 0; n < 6_000; n++) {
      const document = randomObject(random, names);
      const values = VALUES[n % VALUES.length]!;
      const text = textOf(document);
      expect(spliced(text, tree, values), text).toBe(expectedText(document, tree, values));
    }
  });

  it('are what a JSON parser finds in 6,000 random documents, beside all that the client sent', () => {
    const random = seededRandom(3);
    const names = namesOf(tree);
    for (let n = 0; n < 6_000; n++) {
      const text = textOf(randomObject(random, names));
      const values = VALUES[n % VALUES.length]!;
      const found: unknown = JSON.parse(spliced(text, tree, values));
      expect(sortedText(found), text).toBe(sortedText(parsedWithFields(text, tree, values)));
    }
  });
});
