/** HTTP/2, as browsers speak it: several requests on one connection, bodies without a length, names without a case. */

import { once } from 'node:events';
import http2 from 'node:http2';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Kinesis, startKinesis } from '../../testkit/kinesis/startKinesis';
import { eventOf } from '../support/events';
import { expectSigned } from '../support/expectSigned';
import { freePorts } from '../support/freePorts';
import type { GatewayUnderTest } from '../support/gateway';
import { needs } from '../support/needs';
import { KONG_BIN, startGateway } from '../support/startGateway';

describe('over HTTP/2', needs(KONG_BIN !== undefined, 'a Kong (KONG_BIN)'), () => {
  let kinesis: Kinesis;
  let gateway: GatewayUnderTest;
  let client: http2.ClientHttp2Session;

  beforeAll(async () => {
    kinesis = await startKinesis();
    const [port] = await freePorts(1);
    gateway = await startGateway({
      env: { KINESIS_ENDPOINT: kinesis.url },
      conf: { proxy_listen: `127.0.0.1:${port} http2` },
    });
    client = http2.connect(`http://127.0.0.1:${port}`);
  });

  afterAll(async () => {
    client?.close();
    await gateway?.stop();
    await kinesis?.close();
  });

  async function post(body: Buffer, headers: http2.OutgoingHttpHeaders = {}) {
    const request = client.request({
      ':method': 'POST',
      ':path': '/events',
      'content-type': 'application/json',
      ...headers,
    });
    request.end(body);
    const [answer] = (await once(request, 'response')) as [http2.IncomingHttpHeaders];
    return { status: answer[':status'], userId: answer['x-user-id'], text: await text(request) };
  }

  test('events of one connection are stored, each with its own answer and headers', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `e${i}`);
    const answers = await Promise.all(
      ids.map((id) =>
        post(Buffer.from(JSON.stringify({ id, user_id: `u-${id}` })), { 'user-agent': `agent ${id}` }),
      ),
    );
    expect(answers.map(({ status, userId }) => [status, userId])).toEqual(ids.map((id) => [200, `u-${id}`]));
    const stored = kinesis.calls.map(eventOf) as { id: string; user_agent: string; ip: string }[];
    expect(stored.map(({ id }) => id).sort()).toEqual([...ids].sort());
    for (const { id, user_agent, ip } of stored)
      expect([user_agent, ip]).toEqual([`agent ${id}`, '127.0.0.1']);
    await expectSigned(kinesis.calls);
  });

  test('a body without a length comes whole', async () => {
    kinesis.forget();
    const event = { id: 'long', text: 'x'.repeat(300_000) };
    expect((await post(Buffer.from(JSON.stringify(event)))).status).toBe(200);
    expect(kinesis.calls.map(eventOf)).toMatchObject([event]);
    await expectSigned(kinesis.calls);
  });

  test('a body that is no event is refused with its reason', async () => {
    const { status, text } = await post(Buffer.from('{"half":'));
    expect([status, JSON.parse(text)]).toMatchObject([400, { error: { code: 'invalid_json' } }]);
  });
});
