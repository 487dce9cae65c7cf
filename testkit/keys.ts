/** AWS credentials for tests and load. */

import type { SigningCredentials } from './kinesis/verifySignature';

export const TEST_CREDENTIALS: SigningCredentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};

export const TEST_CREDENTIALS_ENV = {
  AWS_ACCESS_KEY_ID: TEST_CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: TEST_CREDENTIALS.secretAccessKey,
};

/** Secrets of issued credentials begin with this, so they can be found in a log. */
export const SECRET_MARK = 'secret-of-';

const ISSUED = /^ASIAISSUED(\d+)E(\d+)$/;

/**
 * Credentials fully described by their access key id, so that whoever issues them and whoever verifies signatures
 * need not communicate.
 *
 * @param number from 1 on @param expires milliseconds since 1970
 */
export function issueKeys(number: number, expires: number): SigningCredentials {
  return secretsOf(`ASIAISSUED${number}E${expires}`);
}

/** The credentials for an access key id: issued ones, or TEST_CREDENTIALS; undefined for all others. */
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
