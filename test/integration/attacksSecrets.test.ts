/** What an answer or a log line might give away. */

import { describe, expect, test } from 'vitest';
import type { KongYml } from '../../testkit/kongYml';
import { type Answer, postEvent } from '../support/http';
import { DRIVER } from '../support/startGateway';
import { MARK, withDelivery } from '../support/useAttackedGateway';
import { gatewayForTest } from '../support/useGateway';

const MIB = 1024 * 1024;

describe(`secrets in answers and logs (${DRIVER})`, () => {
  const OF_AWS =
    'User: arn:aws:iam::123456789012:user/ingest is not authorized for shard shardId-000000000007 with key AKIDEXAMPLE';
  const SECRETS = [
    'wJalrXUtnFEMI',
    'session-token-secret',
    '123456789012',
    'arn:aws',
    'AKIDEXAMPLE',
    'shardId-000000000007',
    MARK,
    'at Object.',
    'node_modules',
  ];
  const FAULTS = [
    { status: 400, type: 'AccessDeniedException', message: OF_AWS },
    { status: 400, type: 'ResourceNotFoundException', message: OF_AWS },
    { status: 400, type: 'UnrecognizedClientException', message: OF_AWS },
    { status: 400, type: 'KMSAccessDeniedException', message: OF_AWS },
    { status: 400, type: 'ProvisionedThroughputExceededException', message: OF_AWS },
    { status: 500, type: 'InternalFailure', message: OF_AWS },
    { body: `<html>${OF_AWS}</html>` },
    { failing: () => true, errorCode: 'InternalFailure', errorMessage: OF_AWS },
    { cut: 'before' as const },
  ];
  const REFUSED: [string | Buffer, Record<string, string>][] = [
    [`{"${MARK}":`, {}],
    [`["${MARK}"]`, {}],
    [`{"batch":["${MARK}",{"a":1}]}`, {}],
    [`${MARK}\n{"a":1}`, { 'content-type': 'application/x-ndjson' }],
    [`{"a":"${MARK}${'x'.repeat(MIB)}"}`, {}],
    [Buffer.from(`${MARK}\xff`, 'latin1'), {}],
    [MARK, { 'content-encoding': 'gzip' }],
    [MARK, { 'content-type': MARK }],
    ['', { cookie: `user_id=${MARK}`, 'x-user-id': MARK }],
  ];

  function withReply(kongYml: KongYml) {
    withDelivery('proxy')(kongYml);
    kongYml.services[0]!.routes[0]!.plugins!.push({ name: 'kinesis-reply', config: {} });
  }

  test.each([
    ['delivery: batch', withDelivery('batch', { deadline_ms: 300 }), true],
    ['delivery: proxy with kinesis-reply', withReply, true],
    // Kinesis's own refusals go to the client as they come: only what is of ours is looked at.
    ['delivery: proxy', withDelivery('proxy'), false],
  ])(
    'there are none, whatever fails: %s',
    async (_, config, hidesKinesis) => {
      const pluginServerEnv = { AWS_SESSION_TOKEN: 'session-token-secret' };
      const { gateway, kinesis } = await gatewayForTest({ pluginServerEnv, config });
      const answers: Answer[] = [];
      for (const [body, headers] of REFUSED) answers.push(await postEvent(gateway.proxyUrl, body, headers));
      for (const fault of FAULTS) {
        kinesis.script(() => fault);
        answers.push(await postEvent(gateway.proxyUrl, { text: MARK }));
        answers.push(await postEvent(gateway.proxyUrl, [{ text: MARK }, { text: MARK }]));
      }
      expect(answers.filter(({ status }) => status >= 400).length).toBeGreaterThan(20);
      for (const { text, headers } of hidesKinesis ? answers : answers.slice(0, REFUSED.length)) {
        const told = text + JSON.stringify({ ...headers, 'set-cookie': undefined, 'x-user-id': undefined });
        for (const secret of SECRETS) expect(told).not.toContain(secret);
      }
      const { output } = gateway.pluginServer;
      expect(output.length).toBeGreaterThan(0);
      for (const secret of ['wJalrXUtnFEMI', 'session-token-secret', '123456789012', 'arn:aws', MARK])
        expect(output).not.toContain(secret);
    },
    60_000,
  );
});
