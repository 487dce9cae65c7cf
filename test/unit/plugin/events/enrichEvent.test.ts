import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../plugins/kinesis-ingest/config/config';
import { storedJson } from '../../../../plugins/kinesis-ingest/events/Event';
import { CLIENT_IP, NEW_ID, pluginConfig } from '../../../support/plugin/examples';
import { enriched, enrichedAll } from '../../../support/plugin/requests';

const RECEIVED_AT = '2015-08-30T12:36:00.000Z';
const IP = `"ip":"${CLIENT_IP}"`;
const TIME = `"received_at":"${RECEIVED_AT}"`;
const USER = `"user_id":"u1"`;
/** What an event without fields of the server gets at its end. */
const FIELDS = `${IP},${TIME},${USER}`;

const fromUser = (headers: Record<string, string | string[]> = {}) => ({
  headers: { 'x-user-id': 'u1', ...headers },
});

describe('the client’s data', () => {
  it.each([
    ['integers beyond 2^53', '{"a":9007199254740993,"b":-123456789012345678901234567890}'],
    ['trailing zeroes', '{"a":1.10,"b":1.0,"c":0.0}'],
    ['negative zero', '{"a":-0,"b":-0.0}'],
    ['numbers beyond a double', '{"a":1E400,"b":-1e+999,"c":1e-400}'],
    ['unicode escapes', '{"a":"\\u00e9\\u0041\\/","\\u0062":1}'],
    ['lone surrogate escapes', '{"a":"\\ud83d","b":"\\ude00\\ud83d"}'],
    ['emoji and other scripts', '{"😀":"漢字 é 👩‍👩‍👧"}'],
    ['key order', '{"z":1,"a":2,"10":3,"9":4}'],
    ['unknown keys that repeat', '{"a":1,"a":2,"a":{"a":3,"a":4}}'],
    ['keys of JavaScript’s own', '{"__proto__":{"x":1},"constructor":{"prototype":2},"toString":3}'],
    ['names inside other objects', '{"a":{"ip":1,"user_id":2},"b":[{"ip":3}]}'],
  ])('arrives digit for digit: %s', (_, text) => {
    expect(enriched(text, fromUser()).text).toBe(`${text.slice(0, -1)},${FIELDS}}`);
  });

  it.each([
    ['around the object', ' \r\n{"a":1}\t ', ` \r\n{"a":1,${FIELDS}}\t `],
    ['between tokens', '{ "a" :\t1 ,\n"b": [ 1 , 2 ] }', `{ "a" :\t1 ,\n"b": [ 1 , 2 ] ,${FIELDS}}`],
    ['in an empty object', '{ }', `{ ${FIELDS}}`],
    ['around a replaced value', '{ "ip" : 1 , "a":2}', `{ "ip" : "${CLIENT_IP}" , "a":2,${TIME},${USER}}`],
  ])('keeps its white space %s', (_, text, result) => {
    expect(enriched(text, fromUser()).text).toBe(result);
  });
});

describe('attacks: spoofing a field of the server', () => {
  it.each([
    ['its name', '{"ip":"6.6.6.6","a":1}', `{${IP},"a":1,${TIME},${USER}}`],
    ['its name spelt with escapes', '{"\\u0069p":"6.6.6.6"}', `{"\\u0069p":"${CLIENT_IP}",${TIME},${USER}}`],
    ['its name twice', '{"ip":"6.6.6.6","a":1,"ip":"7.7.7.7"}', `{${IP},"a":1,${TIME},${USER}}`],
    [
      'its name in two spellings',
      '{"a":1,"\\u0069\\u0070":6,"ip":7}',
      `{"a":1,"\\u0069\\u0070":"${CLIENT_IP}",${TIME},${USER}}`,
    ],
    [
      'its name thrice at the end',
      '{"received_at":0,"received_at":1,"received_at":2}',
      `{${TIME},${IP},${USER}}`,
    ],
    ['an object in its place', '{"ip":{"ip":{"a":[1]}}}', `{${IP},${TIME},${USER}}`],
    ['null in its place', '{"ip":null}', `{${IP},${TIME},${USER}}`],
  ])('is of no avail with %s', (_, text, result) => {
    expect(enriched(text, fromUser()).text).toBe(result);
  });

  it('is not confused with another name', () => {
    const text = '{"IP":1,"ip ":2,"i\\u0050":3,"ipp":4,"i":5}';
    expect(enriched(text, fromUser()).text).toBe(`${text.slice(0, -1)},${FIELDS}}`);
  });
});

describe('header fields', () => {
  const absent = `${IP},${TIME},${USER}`;

  it('hold the headers that are there, as JSON text', () => {
    const headers = { 'user-agent': 'a "b" \\ \u0001é', referer: 'https://example.com/?q=1' };
    expect(enriched('{}', fromUser(headers)).text).toBe(
      `{${FIELDS},"referer":"https://example.com/?q=1","user_agent":"a \\"b\\" \\\\ \\u0001é"}`,
    );
  });

  it('join a header that came several times', () => {
    expect(enriched('{}', fromUser({ referer: ['a', 'b'] })).text).toContain('"referer":"a, b"');
  });

  it('replace the client’s own of that name', () => {
    const { text } = enriched('{"referer":"mine","a":1}', fromUser({ referer: 'yours' }));
    expect(text).toBe(`{"referer":"yours","a":1,${FIELDS}}`);
  });

  it.each([
    ['the only member', '{"referer":1}', `{${absent}}`],
    ['the only member, in white space', '{ "referer" : 1 }', `{${absent}}`],
    ['the first member', '{"referer":1,"a":2}', `{"a":2,${absent}}`],
    ['a middle member', '{"a":1,"referer":2,"b":3}', `{"a":1,"b":3,${absent}}`],
    ['the last member', '{"a":1,"referer":2}', `{"a":1,${absent}}`],
    ['the first two members', '{"referer":1,"user_agent":2,"a":3}', `{"a":3,${absent}}`],
    ['the last two members', '{"a":1,"user_agent":2,"referer":3}', `{"a":1,${absent}}`],
    ['all members', '{"referer":1,"user_agent":2,"referer":3}', `{${absent}}`],
    ['every other member', '{"referer":1,"a":2,"user_agent":3,"b":4,"referer":5}', `{"a":2,"b":4,${absent}}`],
    ['between white space', '{ "a":1 , "referer" : {"x":[1]} , "b":2 }', `{ "a":1 , "b":2 ,${absent}}`],
    ['spelt with escapes', '{"\\u0072eferer":1,"a":2}', `{"a":2,${absent}}`],
  ])('take the client’s own away where the header is absent: %s', (_, text, result) => {
    expect(enriched(text, fromUser()).text).toBe(result);
  });

  it.each(['constructor', 'toString', '__proto__'])('may be of any name, such as %s', (name) => {
    const config = { header_fields: JSON.parse(`{"${name}":"h"}`) as object };
    expect(enriched('{}', { config, ...fromUser() }).text).toBe(`{${FIELDS}}`);
  });
});

describe('dotted paths', () => {
  const config = { ip_field: 'context.ip', header_fields: { referer: 'context.page.referer' } };
  const rest = `${TIME},${USER}`;

  it.each([
    ['no container', '{"a":1}', `{"a":1,"context":{${IP}},${rest}}`],
    ['an empty container', '{"context":{}}', `{"context":{${IP}},${rest}}`],
    ['an empty container with white space', '{"context":{ }}', `{"context":{ ${IP}},${rest}}`],
    ['a container with members', '{"context":{"a":1.10 }}', `{"context":{"a":1.10 ,${IP}},${rest}}`],
    ['a container with the field', '{"context":{"ip":1,"a":2}}', `{"context":{${IP},"a":2},${rest}}`],
    [
      'a container spelt with escapes',
      '{"\\u0063ontext":{"i\\u0070":1}}',
      `{"\\u0063ontext":{"i\\u0070":"${CLIENT_IP}"},${rest}}`,
    ],
    ['a container that is a string', '{"context":"x","a":1}', `{"context":{${IP}},"a":1,${rest}}`],
    ['a container that is null', '{"context":null}', `{"context":{${IP}},${rest}}`],
    ['a container that is an array', '{"context":[{"ip":1}]}', `{"context":{${IP}},${rest}}`],
    [
      'two containers',
      '{"context":{"ip":1},"context":{"a":2}}',
      `{"context":{${IP}},"context":{"a":2,${IP}},${rest}}`,
    ],
    ['the field outside of its container', '{"ip":1}', `{"ip":1,"context":{${IP}},${rest}}`],
    ['the path as one name', '{"context.ip":1}', `{"context.ip":1,"context":{${IP}},${rest}}`],
    [
      'an inner container whose header is absent',
      '{"context":{"page":{"referer":1}}}',
      `{"context":{"page":{},${IP}},${rest}}`,
    ],
    [
      'an inner container that is no object, its header absent',
      '{"context":{"page":7}}',
      `{"context":{"page":7,${IP}},${rest}}`,
    ],
  ])('with %s', (_, text, result) => {
    expect(enriched(text, { config, ...fromUser() }).text).toBe(result);
  });

  it('share a container that is missing', () => {
    const all = {
      ip_field: 'c.ip',
      received_at_field: 'c.t.at',
      user_id_field: 'c.id',
      header_fields: { a: 'c.t.a' },
    };
    expect(enriched('{}', { config: all, ...fromUser({ a: 'x' }) }).text).toBe(
      `{"c":{${IP},"t":{"at":"${RECEIVED_AT}","a":"x"},"id":"u1"}}`,
    );
  });

  it.each([
    ['an object', '{"context":5,"context":{"a":1}}', { a: 1, ip: CLIENT_IP }],
    ['no object', '{"context":{"a":1},"context":5}', { ip: CLIENT_IP }],
  ])('hold, of several containers, for the last one, which a parser finds: %s', (_, text, context) => {
    expect(JSON.parse(enriched(text, { config, ...fromUser() }).text)).toMatchObject({ context });
    expect(Object.keys(JSON.parse(enriched(text, { config, ...fromUser() }).text).context)).toHaveLength(
      Object.keys(context).length,
    );
  });

  it('leave a container alone that gets nothing', () => {
    const onlyHeader = { header_fields: { referer: 'context.referer' } };
    const text = '{"context":{"a":1},"context":5}';
    expect(enriched(text, { config: onlyHeader, ...fromUser() }).text).toBe(
      `${text.slice(0, -1)},${FIELDS}}`,
    );
  });

  it.each(['__proto__', '__proto__.ip', 'constructor.prototype.ip'])('may go by %s without harm', (path) => {
    const { text } = enriched('{"__proto__":{"a":1}}', { config: { ip_field: path }, ...fromUser() });
    expect(text).toContain(`"${CLIENT_IP}"`);
    expect(({} as Record<string, unknown>).ip).toBeUndefined();
  });
});

describe('the user id', () => {
  it.each([
    ['is added where there is none', '{}', `{${IP},${TIME},"user_id":"${NEW_ID}"}`],
    ['stays as it was spelt', '{"user_id":"\\u0061"}', `{"user_id":"\\u0061",${IP},${TIME}}`],
    ['stays the number that it was', '{"user_id":42}', `{"user_id":42,${IP},${TIME}}`],
    [
      'is replaced where it is no id, and kept in another field',
      '{"user_id":"a b"}',
      `{"user_id":"${NEW_ID}",${IP},${TIME},"original_user_id":"a b"}`,
    ],
    [
      'is kept as it was sent, whatever it is',
      '{"user_id":{"id" : 1.0},"original_user_id":2}',
      `{"user_id":"${NEW_ID}","original_user_id":{"id" : 1.0},${IP},${TIME}}`,
    ],
    ['is the last of several', '{"user_id":"a","x":1,"user_id":"b"}', `{"user_id":"b","x":1,${IP},${TIME}}`],
  ])('%s', (_, text, result) => {
    expect(enriched(text).text).toBe(result);
  });

  it.each([
    ['{"c":{"id":"a"},"c":{}}'],
    ['{"c":{"id":"a"},"c":{"x":1}}'],
    ['{"c":{"id":"a"},"c":5}'],
    ['{"c":{},"c":{"id":"a"}}'],
  ])('is in the container that a parser finds: %s', (text) => {
    const result = enriched(text, { config: { user_id_field: 'c.id' } });
    expect(JSON.parse(result.text).c.id).toBe(result.userId);
  });
});

describe('the field that decides the partition key', () => {
  const config = { partition_key: 'session.id' };

  it.each([
    ['{"session":{"id":"\\u0061"}}', '"\\u0061"'],
    ['{"session":{"id":1.10}}', '1.10'],
    ['{"session":{"id":"a","id":"b"}}', '"b"'],
    ['{"session":{"id":"a"},"session":{"id":"b"}}', '"b"'],
    ['{"session":"x"}', undefined],
    ['{"session":{}}', undefined],
    ['{}', undefined],
  ])('is read from the event and left as it is: %s', (text, keyField) => {
    const event = enriched(text, { config, ...fromUser() });
    const comma = text === '{}' ? '' : ',';
    expect(event.text).toBe(`${text.slice(0, -1)}${comma}${FIELDS}}`);
    const { partitionKey } = parseConfig(pluginConfig(config));
    const { field } = partitionKey as { field: number };
    expect(storedJson(event.event, event.fields.byNumber[field]!)).toBe(keyField);
  });
});

it('keeps the ids that were replaced, and no other event’s, of several', () => {
  const texts = enrichedAll(
    '{"batch":[{"user_id":"a b"},{"user_id":"u2"},{"user_id":"u3","original_user_id":7}],"original_user_id":"of all"}',
    { config: { ip_field: 'i', received_at_field: 'r' } },
  ).map(({ text }) => JSON.parse(text) as Record<string, unknown>);
  expect(texts.map((event) => [event.user_id, event.original_user_id])).toEqual([
    [NEW_ID, 'a b'],
    ['u2', 'of all'],
    ['u3', 7],
  ]);
});
