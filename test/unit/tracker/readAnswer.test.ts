/** What the tracker makes of each answer that the gateway, Kong, Kinesis or a proxy may give. */

import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../../tracker/core/readAnswer';
import { failed, refusal, stored } from '../../support/tracker/scriptedGateway';

const read = (status: number, body: unknown, count = 2) =>
  readAnswer({ status, text: typeof body === 'string' ? body : JSON.stringify(body) }, count);

const THROTTLED = 'ProvisionedThroughputExceededException';

describe('per event', () => {
  test.each([
    ['stored', stored(), 'stored'],
    ['invalid', failed('invalid_event'), 'bad'],
    ['throttled', failed(THROTTLED), 'again'],
    ['met by a fault of Kinesis', failed('InternalFailure'), 'again'],
    ['refused for the server’s configuration', failed('upstream_rejected'), 'again'],
    ['refused with a code of the future', failed('something_new'), 'again'],
    ['without sequence number and error', {}, 'again'],
    ['null', null, 'again'],
    ['both stored and failed', { ...stored(), ...failed('InternalFailure') }, 'again'],
  ])('an event that is %s is %j: %s', (_, record, fate) => {
    const { fates, resend } = read(200, { FailedRecordCount: 1, Records: [stored(), record] });
    expect(fates).toEqual(['stored', fate]);
    expect(resend).toBeUndefined();
  });

  test('events that the answer leaves out are sent again', () => {
    expect(read(200, { Records: [stored()] }, 3).fates).toEqual(['stored', 'again', 'again']);
  });

  test('the codes of a refusal that carries records count, not its status', () => {
    const body = {
      ...refusal('x'),
      FailedRecordCount: 2,
      Records: [failed('invalid_event'), failed(THROTTLED)],
    };
    expect(read(503, body).fates).toEqual(['bad', 'again']);
    expect(read(400, body).fates).toEqual(['bad', 'again']);
  });

  test('the reason names the codes, each once', () => {
    const { reason } = read(200, { Records: [failed(THROTTLED), failed(THROTTLED)] });
    expect(reason).toBe(`200 ${THROTTLED}`);
  });
});

describe('as a whole', () => {
  test('a single event’s answer stores one event, and never several', () => {
    expect(read(200, stored(), 1).fates).toEqual(['stored']);
    expect(read(200, stored(), 2).fates).toEqual(['again', 'again']);
    expect(read(500, stored(), 1).fates).toEqual(['again']);
  });

  test('only the events that a 422 names are given up, the rest goes out at once', () => {
    const events = [{ index: 1, code: 'too_deep', message: '' }];
    expect(read(422, refusal('invalid_events', { events }), 3)).toMatchObject({
      fates: ['again', 'bad', 'again'],
      resend: 'rest',
    });
  });

  test.each([
    [413, refusal('body_too_large')],
    [413, { message: 'Request size limit exceeded' }],
    [413, '<html>Request Entity Too Large</html>'],
    [400, refusal('invalid_json')],
    [422, refusal('invalid_event')],
    [422, refusal('invalid_events', { events: [] })],
    [422, refusal('invalid_events', { events: [{ index: 9 }] })],
  ])('%i %j: fewer at once, and an event that is alone is bad', (status, body) => {
    expect(read(status, body, 3)).toMatchObject({ fates: ['again', 'again', 'again'], resend: 'less' });
    expect(read(status, body, 1)).toMatchObject({ fates: ['bad'] });
  });

  test.each([
    ['no answer', 0, ''],
    ['a captive portal', 200, '<html>Welcome</html>'],
    ['an empty answer', 204, ''],
    ['JSON null', 200, 'null'],
    ['Kong’s rate limit', 429, { message: 'API rate limit exceeded' }],
    ['Kong without a route', 404, { message: 'no Route matched with those values' }],
    ['a refused key', 401, { message: 'No API key found in request' }],
    ['a content type that is not taken', 415, refusal('unsupported_media_type')],
    ['Kinesis throttling in proxy mode', 400, { __type: `com.amazonaws.kinesis#${THROTTLED}` }],
    ['Kinesis without the stream', 400, { __type: 'ResourceNotFoundException' }],
    ['nginx’s own 400', 400, '<html>400 Request Header Or Cookie Too Large</html>'],
    ['a fault of the plugin', 500, refusal('internal_error')],
    ['a wrong configuration', 502, refusal('upstream_rejected')],
    ['no credentials', 503, refusal('credentials_unavailable')],
  ])('%s gives no event up', (_, status, body) => {
    for (const count of [1, 3]) {
      const { fates, resend } = read(status, body, count);
      expect(new Set(fates)).toEqual(new Set(['again']));
      expect(resend).toBeUndefined();
    }
  });
});
