import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../plugins/kinesis-ingest/config/config';
import { clientOf } from '../../../../plugins/kinesis-ingest/request/client';
import { idOfJson, userIdOfCookies } from '../../../../plugins/kinesis-ingest/request/userId';
import { CLIENT_IP, NEW_ID, pluginConfig } from '../../../support/plugin/examples';

const choose = (ownId: string | undefined, headers: Record<string, string | string[]> = {}) =>
  clientOf(
    { ip: CLIENT_IP, headers, body: Buffer.alloc(0), hasQuery: false },
    parseConfig(pluginConfig({ cookie_name: 'uid' })),
    () => NEW_ID,
  ).userIdFor(ownId);

describe('the user id', () => {
  const all = { 'x-user-id': 'header', cookie: 'uid=cookie' };

  it.each([
    ['the event’s own', 'own', all, 'own'],
    ['the header’s where the event has none', undefined, all, 'header'],
    ['the cookie’s where there is neither', undefined, { cookie: 'uid=cookie' }, 'cookie'],
    ['the header’s where the event’s is empty', '', all, 'header'],
    [
      'the cookie’s where header and event’s are empty',
      '',
      { 'x-user-id': '', cookie: 'uid=cookie' },
      'cookie',
    ],
    ['a new one where all are empty', '', { 'x-user-id': '', cookie: 'uid=' }, NEW_ID],
    ['a new one where there is none', undefined, {}, NEW_ID],
    ['a new one, not the header’s, where the event’s is no id', 'a b', all, NEW_ID],
    [
      'a new one, not the cookie’s, where the header’s is no id',
      undefined,
      { ...all, 'x-user-id': '<' },
      NEW_ID,
    ],
    ['a new one where the header came twice', undefined, { ...all, 'x-user-id': ['a', 'b'] }, NEW_ID],
    ['a cookie’s of several cookie headers', undefined, { cookie: ['a=1', 'uid=cookie'] }, 'cookie'],
  ])('is %s', (_, ownId, headers, id) => {
    expect(choose(ownId, headers)).toBe(id);
  });

  it.each([
    ...['a', '0', 'A-Z.a_z:0', '00000000-0000-0000-0000-000000000000', 'x'.repeat(128)],
    ...['auth0|5f7c8ec7c33c6c004bbafe82', 'jane+shop@mail.example', 'a/b', 'bGlicmFyeQ==', '~jane'],
  ])('may be %s', (id) => {
    expect(choose(id)).toBe(id);
  });

  it.each([
    ['129 characters', 'x'.repeat(129)],
    ['a space', 'a b'],
    ['a semicolon, which would end the cookie', 'a;Domain=evil.example'],
    ['a line break, which would end the header', 'a\r\nx-amz-target: x'],
    ['a trailing line break', 'a\n'],
    ['letters of other scripts', 'é'],
    ['a lone surrogate', '\ud83d'],
    ['a quote', 'a"b'],
    ['a comma', 'a,b'],
    ['a backslash', 'a\\b'],
    ['a percent sign', '%7B'],
    ['NUL', 'a\0'],
  ])('is replaced by a new one where it has %s', (_, id) => {
    expect(choose(id)).toBe(NEW_ID);
  });
});

describe('the id in an event’s field', () => {
  it.each([
    [undefined, undefined],
    ['null', undefined],
    ['""', ''],
    ['"a"', 'a'],
    ['"\\u0061"', 'a'],
    ['42', '42'],
    ['90071992547409931234', '90071992547409931234'],
    ['0', '0'],
  ])('of the JSON text %s is %s', (json, id) => {
    expect(idOfJson(json)).toBe(id);
  });

  it.each(['true', 'false', '-1', '1.5', '1e3', '{"a":1}', '["a"]'])(
    'is none, not even an absent one, for %s',
    (json) => {
      expect(choose(idOfJson(json), { 'x-user-id': 'header' })).toBe(NEW_ID);
    },
  );
});

describe('the user id of a cookie', () => {
  it.each([
    ['alone', 'uid=a', 'a'],
    ['among others', 'x=1; uid=a; y=2', 'a'],
    ['without a space after the semicolon', 'x=1;uid=a', 'a'],
    ['in quotes', 'uid="a"', 'a'],
    ['with white space around', ' uid = a ', 'a'],
    ['with an equals sign in its value', 'uid=a=b', 'a=b'],
    ['the first of two', 'uid=a; uid=b', 'a'],
    ['the first of two that is an id', 'uid=%7B%22a%22%3A1%7D; uid=b', 'b'],
    ['empty, before one with an id', 'uid=; uid=b', 'b'],
    ['empty', 'uid=', undefined],
    ['that is no id', 'uid=a b', undefined],
    ['whose name ends alike', 'xuid=a', undefined],
    ['whose name begins alike', 'uidx=a', undefined],
    ['whose name is in another case', 'UID=a', undefined],
    ['without a value', 'uid', undefined],
    ['named in another’s value', 'x=uid=a', undefined],
    ['that is not there', 'x=1', undefined],
    ['in an empty header', '', undefined],
    ['in no header', undefined, undefined],
  ])('%s', (_, header, value) => {
    expect(userIdOfCookies(header, 'uid')).toBe(value);
  });
});
