import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../plugins/kinesis-ingest/config/config';
import type { Event } from '../../../plugins/kinesis-ingest/events/Event';
import type { Edit } from '../../../plugins/kinesis-ingest/events/EventField';
import { bytesOf, editEvent } from '../../../plugins/kinesis-ingest/events/editEvent';
import { eventValue } from '../../../plugins/kinesis-ingest/events/eventValue';
import { scanText } from '../../../plugins/kinesis-ingest/json/scanObject';
import { cases, FUZZ_TIMEOUT_MS } from '../../support/fuzz';
import { pluginConfig } from '../../support/plugin/examples';
import { DROP, type FieldTree, ifAbsent, KEEP, rootOf, set } from '../../support/plugin/fieldTree';
import { randomObject, textOf } from '../../support/plugin/jsonDocuments';
import { seededRandom } from '../../support/plugin/random';
import { split } from '../../support/plugin/requests';

const NAMES = ['ip', 'context', 'page', 'referer', '__proto__', 'constructor'];
const TREE: FieldTree = new Map<string, number | FieldTree>([
  ['ip', 0],
  [
    'context',
    new Map<string, number | FieldTree>([
      ['ip', 1],
      ['page', new Map([['referer', 2]])],
    ]),
  ],
  ['__proto__', 3],
]);
const edit: fc.Arbitrary<Edit> = fc.constantFrom(
  KEEP,
  DROP,
  set('"é😀\\n"'),
  set('{"x":[1,null]}'),
  ifAbsent('1.50'),
);
const seed = fc.integer();
const objectText = seed.map((n) => textOf(randomObject(seededRandom(n), NAMES)));

/** Own properties alone count, in whatever order: a `__proto__` too, which toEqual doesn't see. */
function written(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(written);
  if (typeof value !== 'object' || value === null) return value;
  return Object.getOwnPropertyNames(value)
    .sort()
    .map((name) => [name, written((value as Record<string, unknown>)[name])]);
}

const storedText = (event: Event, root: Parameters<typeof editEvent>[1]) =>
  bytesOf(editEvent(event, root, { count: () => undefined })).toString();

describe('fuzzing the values of an event', () => {
  it(
    'they are what a parser makes of the text that is stored',
    () => {
      fc.assert(
        fc.property(objectText, fc.array(edit, { minLength: 4, maxLength: 4 }), (json, edits) => {
          const text = Buffer.from(json);
          const root = rootOf(TREE, edits);
          const { object } = scanText(text, root.inner!);
          const event = { text, start: 0, end: text.length, object: object! };
          expect(written(eventValue(event, root))).toEqual(written(JSON.parse(storedText(event, root))));
        }),
        cases(),
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    'they are those that are stored, but for a field that is set once they are known',
    () => {
      fc.assert(
        fc.property(objectText, fc.array(edit, { minLength: 4, maxLength: 4 }), (json, edits) => {
          const text = Buffer.from(json);
          const root = rootOf(TREE, edits);
          const path = ['context', 'page', 'referer'];
          const later = path.reduce((field, name) => field.inner!.find((one) => one.name === name)!, root);
          later.set(undefined);
          const { object } = scanText(text, root.inner!);
          const event = { text, start: 0, end: text.length, object: object! };
          const values = eventValue(event, root, later);
          later.set('"later"');
          const stored = JSON.parse(storedText(event, root));
          expect(stored.context.page.referer).toBe('later');
          delete stored.context.page.referer;
          const context = values.context as Record<string, unknown> | undefined;
          if (context?.page === undefined) delete stored.context.page;
          if (context === undefined) delete stored.context;
          expect(written(values)).toEqual(written(stored));
        }),
        cases(),
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    'they have what an envelope shares',
    () => {
      const config = parseConfig(pluginConfig({ ip_field: 'context.ip', event_id_field: 'ip' }));
      fc.assert(
        fc.property(objectText, fc.array(objectText, { minLength: 1, maxLength: 3 }), (envelope, items) => {
          const rest = envelope === '{}' ? '}' : `,${envelope.trim().slice(1)}`;
          let parts: ReturnType<typeof split>;
          try {
            parts = split(
              `{"batch":[${items.join(',')}]${/^\{\s*\}$/.test(envelope.trim()) ? '}' : rest}`,
              config,
            );
          } catch {
            return;
          }
          for (const event of parts.events) {
            if ('refusal' in event) continue;
            const { root } = parts.fields;
            expect(written(eventValue(event, root))).toEqual(written(JSON.parse(storedText(event, root))));
          }
        }),
        cases(),
      );
    },
    FUZZ_TIMEOUT_MS,
  );
});
