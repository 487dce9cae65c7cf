/** Headers by which a client may try to change the call that goes to Kinesis. */

import { describe, expect, test } from 'vitest';
import { DRIVER } from '../support/startGateway';
import { MARK, useAttackedGateway } from '../support/useAttackedGateway';

describe.each(['proxy', 'batch'])(`attacks, delivery: %s (${DRIVER})`, (delivery) => {
  const { stack, post, raw, expectOnlyOurCalls } = useAttackedGateway(delivery);

  describe('injection of headers', () => {
    test.each([
      ['x-amz-target', { 'x-amz-target': 'Kinesis_20131202.DeleteStream' }],
      ['x-amz-security-token', { 'x-amz-security-token': MARK }],
      ['x-amz-date', { 'x-amz-date': '19990101T000000Z' }],
      ['an unknown x-amz header', { 'x-amz-meta-x': MARK }],
      [
        'authorization',
        { authorization: `AWS4-HMAC-SHA256 Credential=${MARK}/20260101/us-east-1/kinesis/aws4_request` },
      ],
      ['host', { host: `${MARK}.example` }],
      ['x-forwarded-host', { 'x-forwarded-host': `${MARK}.example` }],
      ['x-original-url', { 'x-original-url': `/${MARK}`, 'x-rewrite-url': `/${MARK}` }],
      ['x-http-method-override', { 'x-http-method-override': 'DELETE' }],
      ['two of a name', { 'x-amz-target': [MARK, `Kinesis_20131202.${MARK}`] }],
    ])('%s', async (_, headers) => {
      expect((await post({ type: 'click' }, headers)).status).toBe(200);
      expect(stack.kinesis.calls).toHaveLength(1);
      await expectOnlyOurCalls();
    });
  });

  test.each([
    ['upgrade', 'h2c'],
    ['upgrade', 'websocket'],
  ])('%s: %s does not go to AWS', async (name, value) => {
    const headers = ['Host: a', 'Content-Type: application/json', 'Content-Length: 2'];
    const { text } = await raw([...headers, `Connection: ${name}`, `${name}: ${value}`], '{}');
    if (delivery === 'proxy' && value === 'websocket') {
      expect(text).toContain('"code":"invalid_header"');
      expect(stack.kinesis.calls).toEqual([]);
    } else {
      expect(text).toContain('HTTP/1.1 200');
      expect(stack.kinesis.calls[0]!.headers).not.toHaveProperty(name);
    }
  });

  test.each([
    ['connection', 'x-amz-date, close'],
    ['connection', 'keep-alive, Authorization'],
    ['connection', 'close, content-type'],
    ['connection', 'host'],
    ['connection', 'close, content-length'],
    ['te', 'trailers, x-amz-target'],
  ])('%s: %s takes nothing out of what was signed', async (name, value) => {
    // Not all of these can be sent with an HTTP client.
    const headers = ['Host: a', 'Content-Type: application/json', 'Content-Length: 2', `${name}: ${value}`];
    const { text } = await raw(headers, '{}');
    if (delivery === 'proxy') {
      expect(text).toContain('HTTP/1.1 400');
      expect(text).toContain('"code":"invalid_header"');
      expect(stack.kinesis.calls).toEqual([]);
    } else {
      expect(text).toContain('HTTP/1.1 200');
      await expectOnlyOurCalls();
    }
  });
});
