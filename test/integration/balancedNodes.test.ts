/** The balancer before two real Kong nodes: who the client is, and a node that ends under load. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Kinesis, startKinesis } from '../../testkit/kinesis/startKinesis';
import { liftRateLimit } from '../../testkit/kongYml';
import { type Balancer, startBalancer } from '../support/balancer';
import { isInstalled } from '../support/deploy/commands';
import { eventOf, recordOf } from '../support/events';
import { expectSigned } from '../support/expectSigned';
import { freePorts } from '../support/freePorts';
import type { GatewayUnderTest } from '../support/gateway';
import { postEvent } from '../support/http';
import { needs } from '../support/needs';
import { lost, startSenders } from '../support/senders';
import { type StandInNode, startStandInNode } from '../support/standInNode';
import { DRIVER, startGateway } from '../support/startGateway';
import { until } from '../support/until';

const RUNS = DRIVER === 'kong-postgres' && isInstalled('haproxy', '-v');

describe('two nodes behind the balancer', needs(RUNS, 'a Kong on Postgres and haproxy'), () => {
  let kinesis: Kinesis;
  /** Only for its ports that say that a plugin server is ready. */
  let readiness: StandInNode;
  let nodes: GatewayUnderTest[] = [];
  let balancer: Balancer;

  beforeAll(async () => {
    kinesis = await startKinesis();
    readiness = await startStandInNode();
    const [onePort, otherPort] = (await freePorts(2)) as [number, number];
    const start = (statusPort: number, joins: boolean) =>
      startGateway({
        env: { KINESIS_ENDPOINT: kinesis.url },
        joins,
        trustedIps: ['127.0.0.1/32'],
        conf: { status_listen: `127.0.0.1:${statusPort}` },
        config: liftRateLimit,
      });
    nodes = [await start(onePort, false)];
    nodes.push(await start(otherPort, true));
    const proxyPorts = nodes.map(({ proxyUrl }) => Number(new URL(proxyUrl).port));
    const { pluginServerPort } = readiness;
    balancer = await startBalancer([
      { proxyPort: proxyPorts[0]!, statusPort: onePort, pluginServerPort },
      { proxyPort: proxyPorts[1]!, statusPort: otherPort, pluginServerPort },
    ]);
    await until('both nodes are up', async () => {
      const states = await Promise.all(['kong/kong-1', 'kong/kong-2'].map(balancer.stateOf));
      return states.every((state) => state === 'UP');
    });
  });

  afterAll(async () => {
    await balancer?.stop();
    for (const node of nodes.reverse()) await node.stop();
    await readiness?.close();
    await kinesis?.close();
  });

  test('an event carries the client’s address as the balancer saw it, whatever the client claims', async () => {
    const claims = { 'x-forwarded-for': '6.6.6.6', 'x-real-ip': '6.6.6.6', forwarded: 'for=6.6.6.6' };
    const answer = await postEvent(balancer.url, { ip: '6.6.6.6' }, claims, '127.0.0.9');
    expect(answer.status, answer.text).toBe(200);
    expect(eventOf(kinesis.calls.at(-1)!).ip).toBe('127.0.0.9');
  });

  test('a node that ends under load (kong quit) costs no request', async () => {
    kinesis.forget();
    const senders = startSenders(balancer.url, { name: 'balanced' });
    await until('events flow', () => senders.acknowledged.length > 200);
    await nodes[1]!.control('quit');
    const seen = senders.acknowledged.length;
    await until('the other node serves', () => senders.acknowledged.length > seen + 500);
    await senders.stop();
    expect(Object.keys(senders.outcomes)).toEqual(['200']);
    await expectSigned(kinesis.calls);
    expect(lost(senders.acknowledged, kinesis.calls.map(recordOf))).toEqual([]);
  });
});
