import { describe, expect, it } from 'vitest';
import { compileContracts } from '../../../../plugins/kinesis-ingest/contracts/ContractSet';
import { diffContracts } from '../../../../tools/contracts/diffContracts';

const contracts = (files: Record<string, object>) =>
  compileContracts(new Map(Object.entries(files).map(([file, schema]) => [file, JSON.stringify(schema)])));
const contract = (properties: object, more: object = {}) => ({
  'x-event': 'e',
  type: 'object',
  properties,
  ...more,
});

async function diff(before: object, after: object) {
  const changes = diffContracts(await contracts({ 'e.json': before }), await contracts({ 'e.json': after }));
  return changes.map(({ pointer, what, breaks }) => [breaks, pointer, what]);
}

const STRING = { type: 'string' };

describe('what changes between contracts', () => {
  it.each<[string, object, object, [string, string, string][]]>([
    ['a description', contract({ a: STRING }), contract({ a: { ...STRING, description: 'x' } }), []],
    [
      'a name that is required',
      contract({ a: STRING }),
      contract({ a: STRING }, { required: ['a'] }),
      [['producers', '/a', 'is required now']],
    ],
    [
      'a name that no longer is',
      contract({ a: STRING }, { required: ['a'] }),
      contract({ a: STRING }),
      [['consumers', '/a', 'may be missing now']],
    ],
    [
      'a narrower type',
      contract({ a: { type: 'number' } }),
      contract({ a: { type: 'integer' } }),
      [['producers', '/a', 'type: no longer number']],
    ],
    [
      'a wider type',
      contract({ a: { type: 'integer' } }),
      contract({ a: { type: ['integer', 'null'] } }),
      [['consumers', '/a', 'type: also null']],
    ],
    [
      'another value',
      contract({ a: { enum: [1] } }),
      contract({ a: { enum: [1, 2] } }),
      [['consumers', '/a', 'values: also 2']],
    ],
    [
      'a value less',
      contract({ a: { enum: [1, 2] } }),
      contract({ a: { const: 1 } }),
      [['producers', '/a', 'values: no longer 2']],
    ],
    [
      'a longer text',
      contract({ a: { ...STRING, maxLength: 5 } }),
      contract({ a: { ...STRING, maxLength: 9 } }),
      [['consumers', '/a', 'maxLength: 5 becomes 9']],
    ],
    [
      'a greater least',
      contract({ a: { type: 'number', minimum: 1 } }),
      contract({ a: { type: 'number', minimum: 2 } }),
      [['producers', '/a', 'minimum: 1 becomes 2']],
    ],
    [
      'a pattern',
      contract({ a: STRING }),
      contract({ a: { ...STRING, pattern: '^a$' } }),
      [['producers', '/a', 'pattern: "^a$"']],
    ],
    [
      'another pattern',
      contract({ a: { ...STRING, pattern: '^a$' } }),
      contract({ a: { ...STRING, pattern: '^b$' } }),
      [['both', '/a', 'pattern: "^a$" becomes "^b$"']],
    ],
    [
      'a new name where others are allowed',
      contract({}),
      contract({ a: STRING }),
      [['producers', '/a', 'is new in the contract']],
    ],
    [
      'a new name where none were',
      contract({}, { additionalProperties: false }),
      contract({ a: STRING }, { additionalProperties: false }),
      [['nobody', '/a', 'is new in the contract']],
    ],
    [
      'a name that is gone',
      contract({ a: STRING }),
      contract({}),
      [['consumers', '/a', 'is gone from the contract']],
    ],
    [
      'names that are no longer allowed',
      contract({}),
      contract({}, { additionalProperties: false }),
      [['producers', '/…', 'true becomes false']],
    ],
    [
      'something in a list',
      contract({ a: { type: 'array', items: STRING } }),
      contract({ a: { type: 'array', items: { type: 'number' } } }),
      [
        ['producers', '/a/*', 'type: no longer string'],
        ['consumers', '/a/*', 'type: also number, integer'],
      ],
    ],
  ])('%s', async (_, before, after, expected) => {
    expect(await diff(before, after)).toEqual(expected);
  });

  it('is found behind references too', async () => {
    const e = contract({ a: { $ref: 'a.json' } });
    const changes = diffContracts(
      await contracts({ 'e.json': e, 'a.json': { type: 'string' } }),
      await contracts({ 'e.json': e, 'a.json': { type: 'number' } }),
    );
    expect(changes.map(({ breaks }) => breaks)).toEqual(['producers', 'consumers']);
  });

  it('compares the newest versions, and tells of contracts that come and go', async () => {
    const version = (number: number, schema: object) => ({ ...contract(schema), 'x-version': number });
    const former = await contracts({
      '1.json': version(1, {}),
      'o.json': { 'x-event': 'old', type: 'object' },
    });
    const latter = await contracts({ '1.json': version(1, {}), '2.json': version(2, { a: STRING }) });
    expect(diffContracts(former, latter).map(({ contract: of, what }) => `${of}: ${what}`)).toEqual([
      'e (version 1 → 2): is new in the contract',
      'old (version 1): the contract is gone',
    ]);
    expect(diffContracts(latter, former).at(-1)).toMatchObject({
      contract: 'old (version 1)',
      breaks: 'producers',
    });
  });
});
