import { describe, expect, it } from 'vitest';
import type { Edit } from '../../../../plugins/kinesis-ingest/events/EventField';
import { DROP, edited, type FieldTree, ifAbsent, KEEP, set } from '../../../support/plugin/fieldTree';
import {
  expectedText,
  parsedWithFields,
  randomObject,
  sortedText,
  textOf,
} from '../../../support/plugin/jsonDocuments';
import { seededRandom } from '../../../support/plugin/random';

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

const EDITS: Edit[][] = [
  [set('"203.0.113.7"'), set('"2015-08-30T12:36:00.000Z"'), set('"é😀"'), set('{"x":[1,2]}')],
  [set('1'), DROP, set('2'), DROP],
  [DROP, set('"x"'), DROP, set('3')],
  [DROP, DROP, DROP, DROP],
  [KEEP, set('5'), KEEP, DROP],
  [KEEP, KEEP, KEEP, KEEP],
  [ifAbsent('"shared"'), ifAbsent('{"y":[]}'), KEEP, ifAbsent('null')],
  [set('1'), ifAbsent('2'), DROP, ifAbsent('"é"')],
];

function namesOf(tree: FieldTree): string[] {
  return [...tree].flatMap(([name, field]) =>
    field instanceof Map ? [name, name, ...namesOf(field)] : [name],
  );
}

describe.each(TREES)('fields: %s', (_, tree) => {
  it('are set in 1,000 random documents as a JSON parser finds them, and every byte besides is the client’s', () => {
    const random = seededRandom(2);
    const names = namesOf(tree);
    for (let n = 0; n < 1_000; n++) {
      const document = randomObject(random, names);
      const edits = EDITS[n % EDITS.length]!;
      const text = textOf(document);
      const found = edited(text, tree, edits);
      expect(found, text).toBe(expectedText(document, tree, edits));
      expect(sortedText(JSON.parse(found)), text).toBe(sortedText(parsedWithFields(text, tree, edits)));
    }
  });
});
