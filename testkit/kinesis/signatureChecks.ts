/** Verifies calls' signatures alongside answering them, and records why some were invalid. */

import { setImmediate } from 'node:timers/promises';
import type { Request } from './listener';
import { accessKeyIdOf, type SigningCredentials, signatureFault } from './verifySignature';

export interface SignatureStats {
  signaturesVerified: number;
  signaturesWrong: number;
  /** Checked for form only. */
  signaturesSkipped: number;
  /** Why the first few were wrong. */
  examples: readonly string[];
}

export interface SignatureChecksOptions {
  region: string;
  /** null: nothing is checked. */
  credentials(accessKeyId: string): SigningCredentials | null | undefined;
  verifiedPerSecond: number;
}

const KEPT_FAULTS = 1_000;
const EXAMPLES = 10;

export function createSignatureChecks({ region, credentials, verifiedPerSecond }: SignatureChecksOptions) {
  const underWay = new Set<Promise<void>>();
  const faults: string[] = [];
  let verified = 0;
  let wrong = 0;
  let skipped = 0;
  let second = 0;
  let verifiedInSecond = 0;

  function failed(fault: string): void {
    wrong++;
    if (faults.length < KEPT_FAULTS) faults.push(fault);
  }

  function isDue(): boolean {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) verifiedInSecond = 0;
    second = now;
    return verifiedInSecond++ < verifiedPerSecond;
  }

  function check(request: Request): void {
    const { authorization } = request.headers;
    const id = accessKeyIdOf(authorization);
    const keys = credentials(id ?? '');
    if (keys === null) return;
    if (id === undefined) failed(`no signature: ${authorization ?? 'no authorization header'}`);
    else if (keys === undefined) failed(`signed by ${id}`);
    else if (isDue()) verify(request, keys);
    else skipped++;
  }

  function verify(request: Request, keys: SigningCredentials): void {
    // After the answer, so the client need not wait for it.
    const checked = setImmediate()
      .then(() => signatureFault(request, keys, region))
      .then(
        (fault) => (fault === undefined ? void verified++ : failed(fault)),
        (error: Error) => failed(error.message),
      )
      .finally(() => underWay.delete(checked));
    underWay.add(checked);
  }

  return {
    check,
    stats: (): SignatureStats => ({
      signaturesVerified: verified,
      signaturesWrong: wrong,
      signaturesSkipped: skipped,
      examples: faults.slice(0, EXAMPLES),
    }),
    async faults(): Promise<readonly string[]> {
      await Promise.all(underWay);
      return faults;
    },
  };
}
