/** What the live view doesn't keep of requests and answers. */

import { expect, test } from 'vitest';
import { REDACTED, redactHeaders, redactRecord, redactUrl } from '../../../view/record/redact';

test('what looks like a credential is not kept', () => {
  expect(redactHeaders(['Authorization', 'Basic x', 'X-Api-Key', 'k', 'Accept', '*/*'])).toEqual([
    ['authorization', REDACTED],
    ['x-api-key', REDACTED],
    ['accept', '*/*'],
  ]);
  expect(redactRecord({ 'set-cookie': ['a=b'] })).toEqual({ 'set-cookie': [REDACTED] });
  expect(redactUrl('/events?apikey=k&a=b')).toBe(`/events?apikey=${REDACTED}&a=b`);
});

test('CORS headers are shown: their values are no credentials, whatever their names say', () => {
  const headers = { 'access-control-allow-credentials': 'true', 'access-control-allow-headers': 'X-Api-Key' };
  expect(redactRecord(headers)).toEqual(headers);
});
