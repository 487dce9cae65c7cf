import { expect } from 'vitest';
import { TEST_CREDENTIALS } from '../../testkit/keys';
import type { KinesisCall } from '../../testkit/kinesis/call';
import { type SigningCredentials, signatureFault } from '../../testkit/kinesis/verifySignature';

/** All of them have signatures that are right. */
export async function expectSigned(
  requests: readonly KinesisCall[],
  credentials: SigningCredentials = TEST_CREDENTIALS,
): Promise<void> {
  for (const request of requests) expect(await signatureFault(request, credentials)).toBeUndefined();
}
