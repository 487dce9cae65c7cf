/** What alerts and dashboard ask of the plugin server, against what it exports. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Kinesis, startKinesis } from '../../testkit/kinesis/startKinesis';
import { DASHBOARD_EXPRESSIONS, metricsOf, readRules } from '../support/deploy/askedMetrics';
import { freePorts } from '../support/freePorts';
import type { GatewayUnderTest } from '../support/gateway';
import { postEvent, send } from '../support/http';
import { needs } from '../support/needs';
import { DRIVER, startGateway } from '../support/startGateway';

/** There only where credentials have an end, which the suite’s have not, and where there are contracts. */
const NOT_HERE = /^kinesis_ingest_(credentials|contracts)_/;

describe('the plugin server’s metrics', needs(DRIVER !== 'docker', 'another driver than docker'), () => {
  let kinesis: Kinesis;
  let gateway: GatewayUnderTest;
  let exported: string;

  beforeAll(async () => {
    const [port] = await freePorts(1);
    kinesis = await startKinesis();
    gateway = await startGateway({
      env: { KINESIS_ENDPOINT: kinesis.url },
      pluginServerArgs: ['--metrics', `127.0.0.1:${port}`],
    });
    await postEvent(gateway.proxyUrl, {});
    await postEvent(gateway.proxyUrl, 'no JSON');
    exported = (await send(`http://127.0.0.1:${port}/metrics`, { method: 'GET' })).text;
  });

  afterAll(async () => {
    await gateway?.stop();
    await kinesis?.close();
  });

  test.for([
    ['its own', /^kong_pluginserver_/],
    ['its process’s', /^(process|nodejs)_/],
    ['the plugin’s', /^kinesis_ingest_/],
  ] as const)('%s are there', ([, prefix]) => {
    const asked = metricsOf([...readRules().map(({ expr }) => expr), ...DASHBOARD_EXPRESSIONS]);
    const names = asked.filter((name) => prefix.test(name) && !NOT_HERE.test(name));
    expect(names).not.toEqual([]);
    expect(
      names.filter((name) => !exported.includes(`\n${name}{`) && !exported.includes(`\n${name} `)),
    ).toEqual([]);
  });
});
