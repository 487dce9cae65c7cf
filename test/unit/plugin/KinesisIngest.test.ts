/** An event's way through the plugin, up to the signed request. */

import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../plugins/kinesis-ingest/config/checkConfig';
import { KinesisIngest } from '../../../plugins/kinesis-ingest/KinesisIngest';
import type { Headers } from '../../../pluginserver/pdk';
import { signatureFault } from '../../../testkit/kinesis/verifySignature';
import { capturedLog } from '../../support/plugin/capturedLog';
import {
  CLIENT_IP,
  credentialsOf,
  EXAMPLE_CREDENTIALS,
  NEW_ID,
  pluginConfig,
} from '../../support/plugin/examples';
import {
  anything,
  DEFAULT_COOKIE,
  directed,
  HOST,
  play,
  pluginWith,
  putRecord,
  reads,
  SIGNED,
  serverFields,
  written,
} from '../../support/plugin/playedRequest';
import { call } from '../../support/plugin/scriptedKong';

describe('an event', () => {
  it('is directed to Kinesis, signed, in two round trips: target before headers, body last', async () => {
    const headers = { host: 'shop.example', 'content-type': 'application/json', 'x-user-id': 'u1' };
    const { calls, roundTrips } = await play([
      ...reads({ headers, body: '{"a":1.10}' }),
      // Kong's set_target overwrites the Host that set_headers sets.
      call('service.setTarget', HOST, 443),
      call('service.request.setScheme', 'https'),
      call('service.request.setPath', '/'),
      call('response.setHeaders', { 'X-User-Id': 'u1', 'Set-Cookie': `user_id=u1; ${DEFAULT_COOKIE}` }),
      call('service.request.setHeaders', { ...SIGNED, 'x-user-id': [] }),
      // Should the plugin server die before the body is out, the signed headers are the sign of it.
      call(
        'service.request.setRawBody',
        putRecord(
          'u1',
          `{"a":1.10,"ip":"${CLIENT_IP}","received_at":"2015-08-30T12:36:00.000Z","user_id":"u1"}`,
        ),
      ),
    ]);
    expect(roundTrips()).toBe(2);
    const [sent, body] = calls.slice(-2).map(({ args }) => args[0]) as [Record<string, string>, Buffer];
    expect(
      await signatureFault({ method: 'POST', url: '/', headers: sent, body }, EXAMPLE_CREDENTIALS),
    ).toBeUndefined();
  });

  it.each([
    ['POST /events? HTTP/1.1'],
    ['POST /events?Action=DeleteStream HTTP/1.1'],
    ['POST /?x-amz-target=a HTTP/2.0'],
  ])('loses its query string: %s', async (line) => {
    await play([
      ...reads({ line }),
      ...directed,
      call('service.request.setRawQuery', ''),
      ...written(NEW_ID),
    ]);
  });

  it('goes where Kong’s service says if the configuration leaves that to it', async () => {
    await play([...reads(), ...written(NEW_ID)], pluginWith({}, { upstream: 'service' }).plugin);
  });

  it('goes to the endpoint of the configuration, whose port is part of the signed host', async () => {
    const host = '127.0.0.1:4566';
    await play(
      [
        ...reads(),
        call('service.setTarget', '127.0.0.1', 4566),
        call('service.request.setScheme', 'http'),
        ...written(NEW_ID, { ...SIGNED, host }),
      ],
      pluginWith({}, { endpoint: `http://${host}` }).plugin,
    );
  });

  it('carries the session token where there is one', async () => {
    const { plugin } = pluginWith({
      credentials: () => credentialsOf(async () => ({ ...EXAMPLE_CREDENTIALS, sessionToken: 'token' })),
    });
    await play(
      [...reads(), ...directed, ...written(NEW_ID, { ...SIGNED, 'x-amz-security-token': 'token' })],
      plugin,
    );
  });

  it.each<[string, Headers]>([
    ['JSON', { 'content-type': 'application/json' }],
    ['JSON with a charset', { 'content-type': 'Application/JSON ; charset=UTF-8' }],
    ['the text of a beacon', { 'content-type': 'text/plain;charset=UTF-8' }],
    ['of no type', {}],
    ['of an empty type', { 'content-type': '' }],
    ['in no encoding', { 'content-encoding': 'identity' }],
  ])('may be %s', async (_, headers) => {
    const removed = 'content-encoding' in headers ? { 'content-encoding': [] } : {};
    await play([...reads({ headers }), ...directed, ...written(NEW_ID, { ...SIGNED, ...removed })]);
  });

  it.each([
    ['user_id', '{"a":1}', NEW_ID],
    ['ip', '{"a":1}', CLIENT_IP],
    ['session.id', '{"session":{"id":9007199254740993}}', '9007199254740993'],
    ['session.id', '{"session":{"id":"漢字 \\"😀\\""}}', '漢字 "😀"'],
  ])('has the partition key that the configuration names: %s of %s', async (partition_key, body, key) => {
    const { calls } = await play(
      [...reads({ body }), ...directed, ...written(NEW_ID)],
      pluginWith({}, { partition_key }).plugin,
    );
    const event = `${body.slice(0, -1)},${JSON.stringify(serverFields(NEW_ID)).slice(1)}`;
    expect(calls.at(-1)!.args).toEqual([putRecord(key, event)]);
  });

  it('has its user id in the cookie that the configuration describes', async () => {
    const { plugin } = pluginWith({}, { cookie_name: 'uid', cookie_max_age: 0, cookie_secure: false });
    await play(
      [
        ...reads(),
        ...directed,
        call('service.request.setPath', '/'),
        call('response.setHeaders', {
          'X-User-Id': NEW_ID,
          'Set-Cookie': `uid=${NEW_ID}; Path=/; HttpOnly; SameSite=Lax`,
        }),
        call('service.request.setHeaders', SIGNED),
        call('service.request.setRawBody', putRecord(NEW_ID, serverFields(NEW_ID))),
      ],
      plugin,
    );
  });

  it('without an id gets a UUID of version 7', async () => {
    const credentials = () => credentialsOf(() => EXAMPLE_CREDENTIALS);
    const plugin = new KinesisIngest(pluginConfig(), { log: capturedLog().log, credentials });
    const { calls } = await play(
      [
        ...reads(),
        ...directed,
        call('service.request.setPath', '/'),
        call('response.setHeaders', anything),
        call('service.request.setHeaders', anything),
        call('service.request.setRawBody', anything),
      ],
      plugin,
    );
    const { PartitionKey } = JSON.parse(String(calls.at(-1)!.args[0])) as { PartitionKey: string };
    expect(PartitionKey).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('a plugin whose configuration cannot work', () => {
  it('does not start', () => {
    expect(() => new KinesisIngest({ stream: 'clickstream' })).toThrow(ConfigError);
  });
});
