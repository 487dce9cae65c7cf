import { expect } from 'vitest';
import type { CapturedRequest } from './capturingKinesis';
import { TEST_CREDENTIALS } from './gateway';
import { type SigningCredentials, signatureFault } from './verifySignature';

/** All of them have signatures that are right. */
export async function expectSigned(
  requests: readonly CapturedRequest[],
  credentials: SigningCredentials = TEST_CREDENTIALS,
): Promise<void> {
  for (const request of requests) expect(await signatureFault(request, credentials)).toBeUndefined();
}
