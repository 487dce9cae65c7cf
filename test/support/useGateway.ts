/** A gateway before a Kinesis: for all tests of a file or of a `describe`, or for a single test. */

import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type Kinesis, startKinesis } from '../../testkit/kinesis/startKinesis';
import type { GatewayOptions, GatewayUnderTest } from './gateway';
import { startGateway } from './startGateway';

/** Whatever stands in for Kinesis. */
export type StandIn = Pick<Kinesis, 'url' | 'close'>;

export interface GatewayAndKinesis<K extends StandIn = Kinesis> {
  readonly gateway: GatewayUnderTest;
  readonly kinesis: K;
}

export function useGateway(options?: GatewayOptions): GatewayAndKinesis;
export function useGateway<K extends StandIn>(
  options: GatewayOptions,
  start: () => Promise<K>,
): GatewayAndKinesis<K>;
export function useGateway(
  options: GatewayOptions = {},
  start: () => Promise<StandIn> = startKinesis,
): GatewayAndKinesis<StandIn> {
  let kinesis: StandIn | undefined;
  let gateway: GatewayUnderTest | undefined;

  beforeAll(async () => {
    kinesis = await start();
    gateway = await startBefore(kinesis, options);
  });

  afterAll(async () => {
    await gateway?.stop();
    await kinesis?.close();
  });

  return {
    get gateway() {
      return gateway!;
    },
    get kinesis() {
      return kinesis!;
    },
  };
}

/** Both end with the test that calls it. */
export async function gatewayForTest(options: GatewayOptions): Promise<GatewayAndKinesis> {
  const kinesis = await startKinesis();
  onTestFinished(() => kinesis.close());
  const gateway = await startBefore(kinesis, options);
  onTestFinished(() => gateway.stop());
  return { gateway, kinesis };
}

function startBefore(kinesis: StandIn, options: GatewayOptions): Promise<GatewayUnderTest> {
  return startGateway({ ...options, env: { KINESIS_ENDPOINT: kinesis.url, ...options.env } });
}
