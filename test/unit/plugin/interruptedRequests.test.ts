import { describe, it } from 'vitest';
import { NEW_ID } from '../../support/plugin/examples';
import { directed, exit, play, putRecord, reads, written } from '../../support/plugin/playedRequest';

describe('a request that Kong repeats because the plugin server died under it', () => {
  const signed = {
    'content-type': 'application/x-amz-json-1.1',
    authorization: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/kinesis/aws4_request',
  };
  const interrupted = exit('interrupted', 503, 'the request was interrupted, send it again', {
    'retry-after': '1',
  });

  it.each([
    ['before its body had been set', '{"a":1}'],
    ['after its body had been set', putRecord('u1', {})],
  ])('is to be sent again: %s', async (_, body) => {
    await play([...reads({ headers: signed, body }), interrupted]);
  });

  it('is handled anew where its headers had not been set yet', async () => {
    await play([...reads({ body: '{"a":1}' }), ...directed, ...written(NEW_ID)]);
  });
});
