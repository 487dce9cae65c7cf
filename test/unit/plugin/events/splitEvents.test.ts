import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../plugins/kinesis-ingest/config/config';
import type { EventsOfBody } from '../../../../plugins/kinesis-ingest/events/splitEvents';
import { MAX_DEPTH } from '../../../../plugins/kinesis-ingest/json/grammar';
import { arrayText, objectText, onOneLine, otherText, space } from '../../../support/plugin/bodies';
import { pluginConfig } from '../../../support/plugin/examples';
import { refusalOf } from '../../../support/plugin/refusalOf';
import { split as splitBody } from '../../../support/plugin/requests';

const config = parseConfig(pluginConfig({ delivery: 'batch' }));

function split(body: string | Buffer, { lines = false, maxEvents = 500 } = {}) {
  return splitBody(body, { ...config, maxEvents }, lines);
}

/** What the plugin takes for the event, or for what is none. */
function foundText(event: EventsOfBody['events'][number]): string {
  return 'refusal' in event
    ? `${event.refusal.code}: ${event.text.toString()}`
    : event.text.toString('utf8', event.start, event.end);
}

const isObject = (text: string) => text.startsWith('{');
const expectedText = (item: string) => (isObject(item) ? item : `not_an_object: ${item}`);

const items = fc.array(fc.oneof({ weight: 4, arbitrary: objectText }, otherText), {
  minLength: 1,
  maxLength: 12,
});
const spaces = fc.array(space, { minLength: 1, maxLength: 4 });

describe('the events of a body are those that a JSON parser finds, in their order, byte for byte', () => {
  it('in an array', () => {
    fc.assert(
      fc.property(items, spaces, space, (texts, between, around) => {
        const { events, several } = split(around + arrayText(texts, between) + around);
        expect(several).toBe(true);
        expect(events.map(foundText)).toEqual(texts.map(expectedText));
      }),
      { numRuns: 150 },
    );
  });

  it('in an envelope, wherever its batch stands and however its name is spelt', () => {
    const members = fc.array(
      fc.tuple(
        fc.string().filter((name) => name !== 'batch'),
        fc.jsonValue().map((v) => JSON.stringify(v)),
      ),
      { maxLength: 6 },
    );
    const name = fc.constantFrom('"batch"', '"b\\u0061tch"', '"\\u0062\\u0061\\u0074\\u0063\\u0068"');
    fc.assert(
      fc.property(items, spaces, members, members, name, (texts, between, before, after, batch) => {
        const envelope = [
          ...before.map(([key, value]) => `${JSON.stringify(key)}:${value}`),
          `${batch} : ${arrayText(texts, between)}`,
          ...after.map(([key, value]) => `${JSON.stringify(key)}:${value}`),
        ];
        const { events, several } = split(`{${envelope.join(',')}}`);
        expect(several).toBe(true);
        expect(events.map(foundText)).toEqual(texts.map(expectedText));
      }),
      { numRuns: 150 },
    );
  });

  it('in lines, where empty ones don’t count', () => {
    const ends = fc.constantFrom('\n', '\r\n', '\n\n', '\n \t\n');
    fc.assert(
      fc.property(items, ends, fc.boolean(), (texts, end, ended) => {
        const lines = texts.map(onOneLine);
        const { events, several } = split(lines.join(end) + (ended ? end : ''), { lines: true });
        expect(several).toBe(true);
        expect(events.map((event) => foundText(event).trimEnd())).toEqual(
          lines.map((line) => expectedText(line).trimEnd()),
        );
      }),
      { numRuns: 150 },
    );
  });

  it.each(['\n', '\r\n'])('in lines without their ends: %j', (end) => {
    for (const body of [`{"a":1}${end}{"b":2}`, `{"a":1}${end}{"b":2}${end}`])
      expect(split(body, { lines: true }).events.map(foundText)).toEqual(['{"a":1}', '{"b":2}']);
  });

  it('where it is one object, with the space around it', () => {
    fc.assert(
      fc.property(
        objectText.filter((text) => !Array.isArray((JSON.parse(text) as { batch?: unknown }).batch)),
        space,
        (text, around) => {
          // A name that comes twice may be an array first: an envelope then.
          fc.pre(!/"(?:b|\\u0062)/i.test(text));
          const { events, several } = split(around + text + around);
          expect(several).toBe(false);
          expect(events.map(foundText)).toEqual([around + text + around]);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('lines', () => {
  it('are refused one by one: what is wrong with one is nothing to the others', () => {
    const body = '{"a":1}\n{"a":\n5\n[]\n{"a":2}}\n{"b":2}\n';
    expect(split(body, { lines: true }).events.map(foundText)).toEqual([
      '{"a":1}',
      'invalid_json: {"a":',
      'not_an_object: 5',
      'not_an_object: []',
      'invalid_json: {"a":2}}',
      '{"b":2}',
    ]);
  });

  // An error for each would hold the process up for half a minute: vitest's own limit of five seconds tells.
  it('that are empty cost no more than their bytes: millions are passed over', () => {
    const body = Buffer.alloc(5 * 1024 * 1024, '\n');
    expect(refusalOf(() => split(body, { lines: true })).code).toBe('empty_batch');
  });

  it('hold events with a batch of their own as they are', () => {
    const { events } = split('{"batch":[1,2]}', { lines: true });
    expect(events.map(foundText)).toEqual(['{"batch":[1,2]}']);
  });
});

it.each([
  ['alone', (event: string) => event],
  ['in an array', (event: string) => `[${event}]`],
  ['in an envelope', (event: string) => `{"context":{},"batch":[${event}]}`],
  ['in an envelope beside another list', (event: string) => `{"a":[[]],"batch":[{"batch":[]},${event}]}`],
])('an event may be nested as deep as any, %s', (_, around) => {
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  expect(split(around(nested(MAX_DEPTH))).events.map(foundText)).toContain(nested(MAX_DEPTH));
  expect(refusalOf(() => split(around(nested(MAX_DEPTH + 1)))).code).toBe('too_deep');
});

describe('a body is refused as a whole', () => {
  const three = ['{}', '{}', '{}'];

  it.each([
    ['an empty array', '[]', 'empty_batch'],
    ['an empty batch', '{"batch":[ ]}', 'empty_batch'],
    ['a text', '"a"', 'not_an_object'],
    ['a number', '5', 'not_an_object'],
    ['two values', '{}{}', 'invalid_json'],
    ['an array that is not closed', '[{},{}', 'invalid_json'],
    ['an array with a comma too many', '[{},]', 'invalid_json'],
    ['a broken event among good ones', '[{},{"a":},{}]', 'invalid_json'],
    ['what follows the batch being broken', '{"batch":[{}],"a":}', 'invalid_json'],
    ['two batches', '{"batch":[{}],"batch":[{}]}', 'invalid_envelope'],
    ['two batches in two spellings', '{"batch":[{}],"b\\u0061tch":[{}]}', 'invalid_envelope'],
    ['an array nested too deep', `[${'['.repeat(MAX_DEPTH + 1)}${']'.repeat(MAX_DEPTH + 1)}]`, 'too_deep'],
  ])('for %s', (_, body, code) => {
    expect(refusalOf(() => split(body)).code).toBe(code);
  });

  it.each([
    ['an array', `[${three.join(',')}]`, false],
    ['an envelope', `{"batch":[${three.join(',')}]}`, false],
    ['lines', three.join('\n'), true],
    ['lines of no events', '1\n2\n3', true],
  ])('for more than max_events in %s, and not for as many', (_, body, lines) => {
    expect(split(body, { lines, maxEvents: 3 }).events).toHaveLength(3);
    expect(refusalOf(() => split(body, { lines, maxEvents: 2 }))).toEqual({
      code: 'too_many_events',
      reason: 'the request has more than 2 events',
    });
  });
});

describe('an object whose batch is no array', () => {
  it.each([['{"batch":1}'], ['{"batch":{"batch":[]}}'], ['{"a":{"batch":[{}]}}'], ['{"Batch":[{}]}']])(
    'is an event: %s',
    (body) => {
      const { events, several, fields } = split(body);
      expect(events.map(foundText)).toEqual([body]);
      expect(several).toBe(false);
      expect(fields.byNumber.filter(({ shared }) => shared !== undefined)).toEqual([]);
    },
  );
});
