/** Which contracts are taken, and what they say of events. */

import { describe, expect, it } from 'vitest';
import { type ContractSet, compileContracts } from '../../../../plugins/kinesis-ingest/contracts/ContractSet';
import { FITTING, PRODUCT_ADDED, VIOLATING } from '../../../support/contractFiles';

const compiled = (files: Record<string, unknown>): Promise<ContractSet> =>
  compileContracts(
    new Map(
      Object.entries(files).map(([file, content]) => [
        file,
        typeof content === 'string' ? content : JSON.stringify(content),
      ]),
    ),
  );

/** A contract for events of the name `e`. */
const contract = (schema: object) => ({ 'x-event': 'e', type: 'object', ...schema });
const property = (schema: object) => contract({ properties: { p: schema } });
async function check(schema: object, event: unknown, bytes = 100): Promise<string[] | undefined> {
  return (await compiled({ 'e.json': schema })).find('e')!.check(event, bytes);
}

describe('a folder of contracts', () => {
  it('has the newest version of a name where none is asked for', async () => {
    const versions = [10, 9, 2].map((version) => ({ ...PRODUCT_ADDED, 'x-version': version }));
    const set = await compiled(Object.fromEntries(versions.map((each, i) => [`${i}.json`, each])));
    expect(set.find('Product Added')?.version).toBe(10);
    expect(set.find('Product Added', '9')?.version).toBe(9);
    expect(set.find('Product Added', '3')).toBeUndefined();
    expect(set.find('toString')).toBeUndefined();
    expect(set.all.map(({ version }) => version)).toEqual([10, 9, 2]);
  });

  it('gives a contract without a version the first', async () => {
    expect((await compiled({ 'e.json': contract({}) })).find('e')?.version).toBe(1);
  });

  it('has files that others refer to, by path or by $id', async () => {
    const set = await compiled({
      'shop/e.json': contract({
        properties: { a: { $ref: '../common/money.json#/$defs/amount' }, b: { $ref: 'https://x.example/b' } },
      }),
      'common/money.json': { $defs: { amount: { type: 'number' } } },
      'common/b.json': { $id: 'https://x.example/b', type: 'boolean' },
    });
    expect(set.all.map(({ source }) => source.file)).toEqual(['shop/e.json']);
    expect(set.find('e')!.check({ a: 1, b: true }, 1)).toBeUndefined();
    expect(set.find('e')!.check({ a: '1', b: 1 }, 1)).toEqual(['/a must be number', '/b must be boolean']);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no JSON', { 'a.json': '{' }, /^a\.json: is no JSON: /],
    ['no object', { 'a.json': '[]' }, /^a\.json: is no JSON object/],
    [
      'another draft',
      { 'a.json': contract({ $schema: 'http://json-schema.org/draft-07/schema#' }) },
      /draft-07/,
    ],
    ['an unknown keyword', { 'a.json': contract({ requried: [] }) }, /^a\.json: .*"requried"/],
    ['a keyword of the wrong kind', { 'a.json': contract({ required: 'p' }) }, /^a\.json: .*required/],
    ['an unknown format', { 'a.json': property({ type: 'string', format: 'phone' }) }, /"phone"/],
    ['a keyword without its type', { 'a.json': property({ minimum: 1 }) }, /missing type/],
    ['a name that is none', { 'a.json': { 'x-event': 5 } }, /x-event is no text/],
    [
      'a version that is none',
      { 'a.json': contract({ 'x-version': '1.0' }) },
      /x-version is no whole number/,
    ],
    [
      'a name twice',
      { 'a.json': contract({}), 'b.json': contract({}) },
      /^b\.json: a\.json is for e \(version 1\) too/,
    ],
    ['a forgotten name', { 'a.json': { type: 'object' } }, /^a\.json: has no x-event, and no other file/],
    [
      'a reference to the network',
      { 'a.json': property({ $ref: 'https://x.example/s' }) },
      /leads out of the folder/,
    ],
    [
      'a reference to a file that is not there',
      { 'a.json': property({ $ref: 'b.json' }) },
      /b\.json leads out/,
    ],
    ['a reference to a part that is not there', { 'a.json': property({ $ref: '#/$defs/x' }) }, /leads out/],
    ['a reference to itself', { 'a.json': property({ $ref: '#' }) }, /leads back/],
    [
      'files that refer to each other',
      { 'a.json': property({ $ref: 'b.json' }), 'b.json': { properties: { default: { $ref: 'a.json' } } } },
      /leads back/,
    ],
    ['a dynamic reference', { 'a.json': property({ $dynamicRef: '#x' }) }, /\$dynamicRef is not taken/],
    ['an $id within', { 'a.json': property({ $id: 'x' }) }, /\$id is taken at the top only/],
    ['a look-ahead', { 'a.json': property({ type: 'string', pattern: '(?=a)b' }) }, /^a\.json: .*\(\?=/],
    ['a back-reference', { 'a.json': property({ type: 'string', pattern: '(a)\\1' }) }, /\\1/],
    ['a constant that is an object', { 'a.json': property({ const: [{ a: 1 }] }) }, /without objects/],
    ['one of some objects', { 'a.json': property({ enum: ['x', { a: 1 }] }) }, /without objects/],
    [
      'a property that no validator looks at',
      { 'a.json': '{"x-event":"e","type":"object","properties":{"__proto__":{"type":"string"}}}' },
      /__proto__ is not taken/,
    ],
    [
      'a reference to what every object inherits',
      { 'a.json': property({ $ref: '#/__proto__' }) },
      /leads out/,
    ],
    [
      'uniqueItems of objects',
      { 'a.json': property({ type: 'array', uniqueItems: true }) },
      /uniqueItems is taken only/,
    ],
  ])('is refused with %s', async (_, files, message) => {
    await expect(compiled(files)).rejects.toThrow(message);
    await expect(compiled(files)).rejects.toHaveProperty('name', 'ContractsError');
  });

  it('refuses references that multiply beyond measure', async () => {
    const two = (i: number) => ({ allOf: [{ $ref: `#/$defs/d${i}` }, { $ref: `#/$defs/d${i}` }] });
    const $defs: Record<string, object> = { d0: { type: 'object' } };
    for (let i = 1; i < 30; i++) $defs[`d${i}`] = two(i - 1);
    await expect(compiled({ 'a.json': contract({ $defs, ...two(29) }) })).rejects.toThrow(
      'more than 10000 parts',
    );
  });
});

describe('an event', () => {
  it('that is as its contract says has no violations', async () => {
    const set = await compiled({ 'a.json': PRODUCT_ADDED });
    expect(set.find('Product Added')!.check(FITTING, 100)).toBeUndefined();
    expect(set.find('Product Added')!.check(VIOLATING, 100)).toEqual(['/properties/price must be number']);
  });

  it.each<[string, object, unknown, string[] | undefined]>([
    ['a price in cents of a dollar', property({ type: 'number', multipleOf: 0.01 }), { p: 19.99 }, undefined],
    ['a number that is none', property({ type: 'number' }), JSON.parse('{"p":1e400}'), ['/p must be number']],
    [
      'what every object inherits',
      contract({ required: ['constructor'] }),
      {},
      ["the event must have required property 'constructor'"],
    ],
    [
      'a date',
      property({ type: 'string', format: 'date' }),
      { p: '2026-02-30' },
      ['/p must match format "date"'],
    ],
    [
      'a name that is not in the contract',
      contract({ additionalProperties: false }),
      { 'a/b~': 1 },
      ['/a~1b~0 is not in the contract'],
    ],
    [
      'a name of the wrong form',
      contract({ propertyNames: { type: 'string', pattern: '^[a-z]+$' } }),
      { A: 1 },
      ['/A as a name must match pattern "^[a-z]+$"'],
    ],
    [
      'a list with one thing twice',
      property({ type: 'array', uniqueItems: true, items: { type: 'string' } }),
      { p: ['a', 'a'] },
      [expect.stringContaining('must NOT have duplicate items')],
    ],
  ])('with %s', async (_, schema, event, violations) => {
    expect(await check(schema, event)).toEqual(violations);
  });

  it('is told of five violations, and of a large event of one', async () => {
    const schema = contract({ additionalProperties: { type: 'number' } });
    const event = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`p${i}`, 'x']));
    expect(await check(schema, event)).toHaveLength(5);
    expect(await check(schema, event, 100_000)).toEqual(['/p0 must be number']);
  });

  it('is told in few characters, none of them an order for a terminal, and no value', async () => {
    const name = `\u001b[31m\u202e${'n'.repeat(10_000)}\ud800`;
    const schema = contract({
      properties: { e: { enum: ['x'.repeat(1000)] } },
      additionalProperties: { type: 'string', pattern: `^(${'a'.repeat(900)})$` },
    });
    const violations = (await check(schema, { [name]: 'secret', e: 'secret' }))!;
    expect(violations).toHaveLength(2);
    for (const text of violations) {
      expect(text.length).toBeLessThanOrEqual(160);
      expect(text).toMatch(/^[\w\ufffd[/^()"\\… ]+$/);
      expect(text).not.toContain('secret');
    }
  });

  it('cannot keep a pattern busy, whatever the pattern', async () => {
    const schema = property({ type: 'string', pattern: '^(a+)+$' });
    // A backtracking engine would take 2^100000 steps.
    expect(await check(schema, { p: `${'a'.repeat(100_000)}b` }, 100_000)).toHaveLength(1);
  });
});
