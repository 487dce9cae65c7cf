/** A gateway before a stand-in for Kinesis: for all tests of a file or of a `describe`, or for a single test. */

import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type CapturingKinesis, startCapturingKinesis } from './capturingKinesis';
import type { GatewayOptions, GatewayUnderTest } from './gateway';
import type { Served } from './serve';
import { startGateway } from './startGateway';

/** Whatever stands in for Kinesis. */
export type StandIn = Pick<Served, 'url' | 'close'>;

export interface GatewayAndKinesis<Kinesis extends StandIn = CapturingKinesis> {
  readonly gateway: GatewayUnderTest;
  readonly kinesis: Kinesis;
}

export function useGateway(options?: GatewayOptions): GatewayAndKinesis;
export function useGateway<Kinesis extends StandIn>(
  options: GatewayOptions,
  startKinesis: () => Promise<Kinesis>,
): GatewayAndKinesis<Kinesis>;
export function useGateway(
  options: GatewayOptions = {},
  startKinesis: () => Promise<StandIn> = startCapturingKinesis,
): GatewayAndKinesis<StandIn> {
  let kinesis: StandIn | undefined;
  let gateway: GatewayUnderTest | undefined;

  beforeAll(async () => {
    kinesis = await startKinesis();
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
export async function gatewayForTest<Kinesis extends StandIn>(
  options: GatewayOptions,
  startKinesis: () => Promise<Kinesis>,
): Promise<GatewayAndKinesis<Kinesis>> {
  const kinesis = await startKinesis();
  onTestFinished(() => kinesis.close());
  const gateway = await startBefore(kinesis, options);
  onTestFinished(() => gateway.stop());
  return { gateway, kinesis };
}

function startBefore(kinesis: StandIn, options: GatewayOptions): Promise<GatewayUnderTest> {
  return startGateway({ ...options, env: { KINESIS_ENDPOINT: kinesis.url, ...options.env } });
}
