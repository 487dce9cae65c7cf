/** The stack of docker-compose.yml as a whole: balancer, two nodes, their plugin servers, Postgres and LocalStack. */

import { readFile } from 'node:fs/promises';
import { DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { TEST_CREDENTIALS } from '../../testkit/keys';
import { type KongYml, liftRateLimit } from '../../testkit/kongYml';
import { type DockerStack, startDockerStack } from '../support/dockerStack';
import { postEvent } from '../support/http';
import { kinesisReader } from '../support/kinesisReader';
import { needs } from '../support/needs';
import { startSenders } from '../support/senders';
import { DRIVER } from '../support/startGateway';
import { tunePlugin } from '../support/tunePlugin';
import { until } from '../support/until';

describe('docker-compose.yml', needs(DRIVER === 'docker', 'Docker (npm run test:docker)'), () => {
  let stack: DockerStack;

  beforeAll(async () => {
    const kongYml = parse(await readFile('kong.yml', 'utf8')) as KongYml;
    liftRateLimit(kongYml);
    stack = await startDockerStack({ kongYml });
  });

  afterAll(() => stack?.stop());

  test('an event lands in LocalStack’s stream, without the address that the client claims', async () => {
    const reader = kinesisReader(stack.kinesisUrl, 'clickstream');
    try {
      const answer = await postEvent(stack.proxyUrl, { type: 'click' }, { 'x-forwarded-for': '6.6.6.6' });
      expect(answer.status, answer.text).toBe(200);
      const event = JSON.parse((await reader.record(answer.json())).data);
      expect(event).toMatchObject({ type: 'click', user_id: answer.headers['x-user-id'] });
      expect(event.ip).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      expect(event.ip).not.toBe('6.6.6.6');
    } finally {
      reader.close();
    }
  });

  test('the stream keeps its records for 24 hours', async () => {
    const client = new KinesisClient({
      endpoint: stack.kinesisUrl,
      region: 'us-east-1',
      credentials: TEST_CREDENTIALS,
      requestHandler: new NodeHttpHandler(),
    });
    const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName: 'clickstream' }));
    client.destroy();
    expect(answer.StreamDescriptionSummary).toMatchObject({ RetentionPeriodHours: 24 });
  });

  test('Kong’s containers know no AWS credentials', async () => {
    for (const node of ['kong-1', 'kong-2']) {
      const { output } = await stack.container(node).exec(['env']);
      expect(output).toContain('KONG_DATABASE');
      expect(output).not.toMatch(/AWS_(ACCESS|SECRET|SESSION)/);
    }
  });

  test('a limit tuned at one node’s Admin API takes effect at both within 10 s', async () => {
    await tunePlugin(stack.adminUrls[1], 'events-rate', { hour: 900_000 });
    await until('twelve answers in a row go by it', async () => {
      const answers = await Promise.all(Array.from({ length: 12 }, () => postEvent(stack.proxyUrl, {})));
      return answers.every(({ headers }) => headers['x-ratelimit-limit-hour'] === '900000');
    });
  });

  test('a node that is stopped under load costs no request', async () => {
    const senders = startSenders(stack.proxyUrl, { name: 'stack' });
    await until('events flow', () => senders.acknowledged.length > 50);
    await stack.container('kong-2').stop({ remove: false, timeout: 15_000 });
    const seen = senders.acknowledged.length;
    await until('the other node serves', () => senders.acknowledged.length > seen + 100, 20_000);
    await senders.stop();
    expect(Object.keys(senders.outcomes)).toEqual(['200']);
  });
});
