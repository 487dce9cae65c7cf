/** AWS credentials of tests and load. */

import type { SigningCredentials } from './kinesis/verifySignature';

export const TEST_CREDENTIALS: SigningCredentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};

export const TEST_CREDENTIALS_ENV = {
  AWS_ACCESS_KEY_ID: TEST_CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: TEST_CREDENTIALS.secretAccessKey,
};

/** The secrets of issued credentials begin so: in a log they would show. */
export const SECRET_MARK = 'secret-of-';

const ISSUED = /^ASIAISSUED(\d+)E(\d+)$/;

/**
 * Credentials that say all there is to know of them in their access key id, so that whoever issues them and whoever
 * verifies signatures needn't talk.
 *
 * @param number from 1 on @param expires milliseconds since 1970
 */
export function issueKeys(number: number, expires: number): SigningCredentials {
  return secretsOf(`ASIAISSUED${number}E${expires}`);
}

/** What an access key id stands for: credentials that were issued, or TEST_CREDENTIALS; undefined for all others. */
export function knownKeys(accessKeyId: string): (SigningCredentials & { expires?: number }) | undefined {
  if (accessKeyId === TEST_CREDENTIALS.accessKeyId) return TEST_CREDENTIALS;
  const expires = ISSUED.exec(accessKeyId)?.[2];
  return expires === undefined ? undefined : { ...secretsOf(accessKeyId), expires: Number(expires) };
}

function secretsOf(accessKeyId: string): SigningCredentials {
  return {
    accessKeyId,
    secretAccessKey: `${SECRET_MARK}${accessKeyId}`,
    sessionToken: `${SECRET_MARK}session-${accessKeyId}`,
  };
}
