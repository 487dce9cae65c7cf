/** What the plugin answers itself, and in which words. */

import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../plugins/kinesis-ingest/refusals';
import { credentialsOf, NEW_ID } from '../../support/plugin/examples';
import {
  directed,
  exit,
  play,
  pluginWith,
  type Request,
  reads,
  serverFields,
  written,
} from '../../support/plugin/playedRequest';
import { scriptedKong } from '../../support/plugin/scriptedKong';

describe('a refusal', () => {
  const unsupported = 'the content type must be application/json, application/x-ndjson or text/plain';
  const big = 'x'.repeat(100);

  it.each<
    [code: string, status: number, message: string, request: Request, headers?: Record<string, string>]
  >([
    ['empty_body', 400, 'the request has no body', { body: '' }],
    ['empty_body', 400, 'the request has no body', { body: ' \n' }],
    ['invalid_json', 400, 'unexpected character in JSON at position 5', { body: '{"a":x}' }],
    ['not_an_object', 400, 'the body must be a JSON object or an array', { body: '"{}"' }],
    ['empty_batch', 400, 'the request has no event', { body: '[]' }],
    ['too_deep', 400, 'the event is nested deeper than 100 levels', { body: `{"a":${'['.repeat(100)}` }],
    ['invalid_utf8', 400, 'the body is not valid UTF-8', { body: Buffer.from('{"a":"\xff"}', 'latin1') }],
    [
      'invalid_utf8',
      400,
      'the body is not valid UTF-8',
      { body: Buffer.from('{"\xed\xa0\x80":1}', 'latin1') },
    ],
    ['event_too_large', 413, 'the event has 217 bytes, the limit is 200 bytes', { body: `{"a":"${big}"}` }],
    ['unsupported_media_type', 415, unsupported, { headers: { 'content-type': 'application/xml' } }],
    ['unsupported_media_type', 415, unsupported, { headers: { 'content-type': 'application/jsonp' } }],
    [
      'unsupported_media_type',
      415,
      unsupported,
      { headers: { 'content-type': 'multipart/form-data; a=application/json' } },
    ],
    [
      'unsupported_media_type',
      415,
      unsupported,
      { headers: { 'content-type': 'application/x-amz-json-1.1' } },
    ],
    [
      'unsupported_media_type',
      415,
      'the content encoding must be gzip, deflate or br',
      { headers: { 'content-encoding': 'zstd' } },
    ],
    [
      'method_not_allowed',
      405,
      'events are sent with POST',
      { line: 'GET /events HTTP/1.1' },
      { allow: 'POST, OPTIONS' },
    ],
    [
      'method_not_allowed',
      405,
      'events are sent with POST',
      { line: 'POSTER /events HTTP/1.1' },
      { allow: 'POST, OPTIONS' },
    ],
  ])('is %s, status %i: %s', async (code, status, message, request, headers) => {
    const { plugin, entries } = pluginWith({}, { max_event_bytes: 200 });
    await play([...reads(request), exit(code, status, message, headers)], plugin);
    expect(entries).toEqual([]);
  });

  it('counts the enriched event with its key against the limit, to the byte', async () => {
    const body = '{"a":"é"}';
    const bytes = Buffer.byteLength(JSON.stringify({ a: 'é', ...serverFields(NEW_ID) }) + NEW_ID);
    const limited = (max_event_bytes: number) => pluginWith({}, { max_event_bytes }).plugin;
    await play([...reads({ body }), ...directed, ...written(NEW_ID)], limited(bytes));
    const message = `the event has ${bytes} bytes, the limit is ${bytes - 1} bytes`;
    await play([...reads({ body }), exit('event_too_large', 413, message)], limited(bytes - 1));
  });

  it.each([
    ['ERR_BODY_IN_FILE', 'the body is larger than the gateway’s body buffer'],
    ['ERR_ANSWER_TOO_LARGE', 'the body is larger than what the gateway passes on'],
  ])('is body_too_large where the body cannot be had: %s', async (code, message) => {
    const rejection = Object.assign(new Error('/var/spool/body'), { code });
    await play([
      ...reads().slice(0, 3),
      { method: 'request.getRawBody', args: [], rejection },
      exit('body_too_large', 413, message),
    ]);
  });

  it('is credentials_unavailable where they do not come by the deadline', async () => {
    const credentials = () => credentialsOf(() => new Promise<never>(() => undefined));
    const { plugin } = pluginWith({ credentials }, { deadline_ms: 100 });
    const { kong, verify } = scriptedKong([
      ...reads(),
      exit('credentials_unavailable', 503, 'events cannot be signed at the moment', { 'retry-after': '5' }),
    ]);
    await plugin.access(kong);
    verify();
  });

  it('is credentials_unavailable with Retry-After, and none of the cause', async () => {
    const refusal = new Refusal('credentials_unavailable', undefined, {
      cause: new Error('arn:aws:iam::123456789012:role/ingest'),
    });
    const { plugin } = pluginWith({ credentials: () => credentialsOf(() => Promise.reject(refusal)) });
    await play(
      [
        ...reads(),
        exit('credentials_unavailable', 503, 'events cannot be signed at the moment', { 'retry-after': '5' }),
      ],
      plugin,
    );
  });
});
