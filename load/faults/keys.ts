/**
 * Credentials that tell all there is to know of them: the endpoint hands them out, the stand-in for Kinesis knows the
 * secret, the number and the expiry from the access key id alone.
 */

import type { SigningCredentials } from '../../test/support/verifySignature';

const NUMBERED = /^ASIAFAULT(\d+)E(\d+)$/;

export const STATIC_KEY_ID = 'AKIAFAULT';

/** @param number of the key, from 1 on @param expires milliseconds since 1970 */
export function numberedKeyId(number: number, expires: number): string {
  return `ASIAFAULT${number}E${expires}`;
}

/** What the access key id says of itself; long-lived keys have the number 0. */
export function keyFacts(accessKeyId: string): { number: number; expires: number } | undefined {
  if (accessKeyId === STATIC_KEY_ID) return { number: 0, expires: Number.POSITIVE_INFINITY };
  const parts = NUMBERED.exec(accessKeyId);
  return parts === null ? undefined : { number: Number(parts[1]), expires: Number(parts[2]) };
}

/** The secrets begin so: in a log they would show. */
export const SECRET_MARK = 'secret-of-';

export function keysOf(accessKeyId: string): SigningCredentials {
  const secretAccessKey = `${SECRET_MARK}${accessKeyId}`;
  if (accessKeyId === STATIC_KEY_ID) return { accessKeyId, secretAccessKey };
  return { accessKeyId, secretAccessKey, sessionToken: `${SECRET_MARK}session-${accessKeyId}` };
}
