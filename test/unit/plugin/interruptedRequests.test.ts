import { register } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { PdkCallError } from '../../../pluginserver/pdk/errors';
import { NEW_ID } from '../../support/plugin/examples';
import {
  directed,
  exit,
  play,
  pluginWith,
  putRecord,
  reads,
  written,
} from '../../support/plugin/playedRequest';

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

describe('an event that Kong leaves, for example as its client goes away while it sends', () => {
  it.each(['ERR_CONNECTION_CLOSED', 'ERR_EVENT_OVER'] as const)(
    'is neither answered nor a failure of the plugin: %s',
    async (code) => {
      const events = () => register.getSingleMetricAsString('kinesis_ingest_events_total');
      const before = await events();
      const { plugin, entries } = pluginWith();
      const rejection = new PdkCallError(code, 'gone');
      await play(
        reads().map((step) => (step.method === 'request.getRawBody' ? { ...step, rejection } : step)),
        plugin,
      );
      expect(entries).toEqual([]);
      expect(await events()).toBe(before);
    },
  );
});
