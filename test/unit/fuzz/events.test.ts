import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../plugins/kinesis-ingest/config/config';
import type { Edit } from '../../../plugins/kinesis-ingest/events/EventField';
import { cases, FUZZ_TIMEOUT_MS, mutated, mutations } from '../../support/fuzz';
import { pluginConfig } from '../../support/plugin/examples';
import { DROP, edited, type FieldTree, ifAbsent, set } from '../../support/plugin/fieldTree';
import {
  expectedText,
  parsedWithFields,
  randomObject,
  sortedText,
  textOf,
} from '../../support/plugin/jsonDocuments';
import { seededRandom } from '../../support/plugin/random';
import { refusalOf } from '../../support/plugin/refusalOf';
import { enrichedAll, split as splitBody } from '../../support/plugin/requests';
import { scanned } from '../../support/plugin/scannedText';

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
const NAMES_TO_FIND = { ip: null, context: { ip: null, page: { referer: null } } };
const NAMES = ['ip', 'context', 'page', 'referer', '__proto__', 'constructor'];
const EDITS: Edit[][] = [
  [set('"203.0.113.7"'), set('"é😀"'), set('{"x":[1,2]}'), set('null')],
  [set('1'), DROP, DROP, set('2')],
  [DROP, set('"x"'), DROP, ifAbsent('"shared"')],
];

const seed = fc.integer();
/** The text of a document: from the model, or from fast-check's own JSON. */
const document = fc.oneof(
  seed.map((n) => textOf(randomObject(seededRandom(n), NAMES))),
  fc.json({ stringUnit: 'binary' }),
);

/** What JSON.parse makes of it, in the words of the reader; undefined where only the reader has the say. */
function verdictOfJsonParse(bytes: Buffer): string {
  const text = bytes.toString();
  if (/^[ \t\r\n]*$/.test(text)) return 'empty';
  try {
    JSON.parse(text);
    return 'accepted';
  } catch {
    return 'malformed';
  }
}

describe('fuzzing the event reader', () => {
  it(
    'takes a text exactly where JSON.parse does',
    () => {
      fc.assert(
        fc.property(document, mutations, (text, changes) => {
          // Bytes that are no UTF-8 are refused before the reader sees them.
          const bytes = Buffer.from(mutated(Buffer.from(text), changes).toString());
          const { code } = scanned(bytes, NAMES_TO_FIND);
          if (code !== 'too_deep')
            expect(code === 'other' ? 'accepted' : code).toBe(verdictOfJsonParse(bytes));
        }),
        cases(),
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    'sets the server’s fields as a parser would find them, and keeps every other byte',
    () => {
      fc.assert(
        fc.property(seed, fc.constantFrom(...EDITS), (n, edits) => {
          const object = randomObject(seededRandom(n), NAMES);
          const text = textOf(object);
          const found = edited(text, TREE, edits);
          expect(found).toBe(expectedText(object, TREE, edits));
          expect(sortedText(JSON.parse(found))).toBe(sortedText(parsedWithFields(text, TREE, edits)));
        }),
        cases(2),
      );
    },
    FUZZ_TIMEOUT_MS,
  );
});

const config = parseConfig(pluginConfig({ max_events: 5 }));
const split = (body: Buffer, lines = false) => splitBody(body, config, lines);
const spaces = fc.constantFrom('', '', ' ', '\n', '\t \r\n');
const objects = fc.array(
  seed.map((n) => textOf(randomObject(seededRandom(n), ['type', 'batch', 'user_id']))),
  { minLength: 1, maxLength: 5 },
);

describe('fuzzing how a body is split', () => {
  it(
    'an array of events is these events, byte for byte',
    () => {
      fc.assert(
        fc.property(objects, spaces, (texts, space) => {
          const body = Buffer.from(`${space}[${space}${texts.join(`${space},${space}`)}${space}]${space}`);
          const found = split(body).events.map((event) => event.text.toString('utf8', ...range(event)));
          expect(found).toEqual(texts);
        }),
        cases(2),
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    'lines are events, empty ones aside, and a bad one is refused by itself',
    () => {
      const line = fc.oneof(
        seed.map((n) => textOf(randomObject(seededRandom(n), ['type'])).replace(/[\r\n]/g, ' ')),
        fc.constantFrom('', ' ', '[]', '1', '{', '{"a":1}x'),
      );
      fc.assert(
        fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), (lines) => {
          const filled = lines.filter((text) => text.trim() !== '');
          fc.pre(filled.length > 0);
          const { events } = split(Buffer.from(lines.join('\n')), true);
          const verdicts = events.map((event) => ('refusal' in event ? 'refused' : 'taken'));
          expect(verdicts).toEqual(filled.map((text) => (isObject(text) ? 'taken' : 'refused')));
        }),
        cases(2),
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    'any bytes are events or a refusal',
    () => {
      const envelope = objects.map(
        (texts) => `{"batch":[${texts.join(',')}],"context":${texts[0]},"sentAt":"x"}`,
      );
      fc.assert(
        fc.property(fc.oneof(document, envelope), mutations, fc.boolean(), (text, changes, lines) => {
          const body = mutated(Buffer.from(text), changes);
          refusalOf(() => split(body, lines));
        }),
        cases(2),
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    'an envelope’s fields are in each event that lacks them, the event’s own stay, the server’s win',
    () => {
      // JSON.parse takes the last of two names; the model does too, by working on what it returns.
      const plain = fc
        .dictionary(
          fc.constantFrom('type', 'context', 'sentAt', 'ip', 'integrations', '__proto__'),
          fc.oneof(
            fc.integer(),
            fc.string(),
            fc.dictionary(fc.constantFrom('app', 'locale', 'ip'), fc.integer()),
          ),
        )
        .map((object) => Object.entries(object));
      fc.assert(
        fc.property(fc.array(plain, { minLength: 1, maxLength: 4 }), plain, (events, shared) => {
          const body = `{"batch":[${events.map(jsonOf).join(',')}]${shared.map((member) => `,${memberOf(member)}`).join('')}}`;
          const got = enrichedAll(body).map(({ text }) => JSON.parse(text) as object);
          const expected = events.map((own) => {
            const merged = new Map<string, unknown>(shared);
            for (const [name, value] of own) {
              const other = merged.get(name);
              merged.set(name, isPlain(value) && isPlain(other) ? { ...other, ...value } : value);
            }
            return Object.fromEntries([...merged].filter(([name]) => name !== 'ip'));
          });
          const withoutServers = got.map((event) =>
            Object.fromEntries(
              Object.entries(event).filter(([name]) => !['ip', 'received_at', 'user_id'].includes(name)),
            ),
          );
          expect(withoutServers.map(sortedText)).toEqual(expected.map(sortedText));
          for (const event of got) expect(event).toMatchObject({ ip: '203.0.113.7' });
        }),
        cases(4),
      );
    },
    FUZZ_TIMEOUT_MS,
  );
});

function range(event: object): [number, number] {
  const { start, end } = event as { start: number; end: number };
  return [start, end];
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function memberOf([name, value]: [string, unknown]): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
}

function jsonOf(entries: [string, unknown][]): string {
  return `{${entries.map(memberOf).join(',')}}`;
}
