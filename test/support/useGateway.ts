/** A gateway before a capturing Kinesis, for all tests of a file or of a `describe`. */

import { afterAll, beforeAll } from 'vitest';
import { type CapturingKinesis, startCapturingKinesis } from './capturingKinesis';
import type { GatewayOptions, GatewayUnderTest } from './gateway';
import { startGateway } from './startGateway';

export interface GatewayAndKinesis {
  readonly gateway: GatewayUnderTest;
  readonly kinesis: CapturingKinesis;
}

export function useGateway(options: GatewayOptions = {}): GatewayAndKinesis {
  let kinesis: CapturingKinesis | undefined;
  let gateway: GatewayUnderTest | undefined;

  beforeAll(async () => {
    kinesis = await startCapturingKinesis();
    gateway = await startGateway({ ...options, env: { KINESIS_ENDPOINT: kinesis.url, ...options.env } });
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
