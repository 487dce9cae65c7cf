import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { userIdHeaders } from '../../../plugins/kinesis-ingest/answer/sendAnswer';
import { parseConfig } from '../../../plugins/kinesis-ingest/config/config';
import { clientOf } from '../../../plugins/kinesis-ingest/request/client';
import { truncateIp } from '../../../plugins/kinesis-ingest/request/truncateIp';
import { idOfJson, userIdOfCookies } from '../../../plugins/kinesis-ingest/request/userId';
import { cases, FUZZ_TIMEOUT_MS } from '../../support/fuzz';
import { NEW_ID, pluginConfig } from '../../support/plugin/examples';

const ID = /^[A-Za-z0-9._:@|/+=~-]{1,128}$/;
const config = parseConfig(pluginConfig());

/** Texts with the characters that matter in headers and cookies. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'user_id',
        '=',
        ';',
        '"',
        ' ',
        '\r\n',
        '\n',
        '\0',
        ',',
        'Set-Cookie:',
        '\u2028',
        'a',
        '1',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));
const header = fc.option(fc.oneof(text, fc.array(text, { maxLength: 3 })), { nil: undefined });

describe('fuzzing ids and cookies', () => {
  it(
    'whatever headers and event say, the id that is told is one, and stays within its header',
    () => {
      fc.assert(
        fc.property(header, header, fc.option(text, { nil: undefined }), (xUserId, cookie, own) => {
          const headers = {
            ...(xUserId !== undefined && { 'x-user-id': xUserId }),
            ...(cookie !== undefined && { cookie }),
          };
          const request = { ip: '', headers, body: Buffer.alloc(0), hasQuery: false };
          const id = clientOf(request, config, () => NEW_ID).userIdFor(own);
          expect(id).toMatch(ID);
          for (const value of Object.values(userIdHeaders(id, config)))
            expect(value).toMatch(/^[\x20-\x7e]+$/);
        }),
        cases(),
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    'a cookie is found where a browser has set it, among any others',
    () => {
      const token = fc.string({ unit: fc.constantFrom(...'abcUSER_id-.'), minLength: 1, maxLength: 8 });
      const value = fc.string({ unit: fc.constantFrom(...'ab1=:._-'), minLength: 1, maxLength: 8 });
      fc.assert(
        fc.property(fc.array(fc.tuple(token, value), { maxLength: 6 }), value, (others, id) => {
          const before = others.filter(([name]) => name !== 'user_id').map((pair) => pair.join('='));
          expect(userIdOfCookies([...before, `user_id=${id}`, 'user_id=later'].join('; '), 'user_id')).toBe(
            id,
          );
        }),
        cases(),
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    'any JSON value is an id, none, or a text that is no id',
    () => {
      fc.assert(
        fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
          const id = idOfJson(JSON.stringify(value));
          if (typeof value === 'string') expect(id).toBe(value);
          else if (value === null) expect(id).toBeUndefined();
          else if (typeof value === 'object' || typeof value === 'boolean') expect(id).not.toMatch(ID);
        }),
        cases(),
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    'an address is truncated to an address of its family, and anything else to nothing',
    () => {
      const anything = fc.oneof(
        fc.ipV4(),
        fc.ipV6(),
        fc.ipV4().map((ip) => `::ffff:${ip}`),
        fc.ipV6().map((ip) => `${ip}%eth0`),
        fc.string(),
      );
      fc.assert(
        fc.property(anything, (ip) => {
          const truncated = truncateIp(ip);
          expect(isIP(truncated)).toBe(isIP(ip));
          expect(truncateIp(truncated)).toBe(truncated);
        }),
        cases(),
      );
    },
    FUZZ_TIMEOUT_MS,
  );
});
