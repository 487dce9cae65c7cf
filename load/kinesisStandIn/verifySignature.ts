/** Checks AWS Signature V4 with the AWS SDK's own signer, which shares nothing with aws4. */

import type { IncomingHttpHeaders } from 'node:http';
import { Hash } from '@smithy/hash-node';
import { SignatureV4 } from '@smithy/signature-v4';

export interface SigningCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

class Sha256 extends Hash {
  constructor(secret?: ConstructorParameters<typeof Hash>[1]) {
    super('sha256', secret);
  }
}

export type VerifySignature = (url: string, headers: IncomingHttpHeaders, body: Buffer) => Promise<boolean>;

/** Checks that host, content-type and every x-amz-* header are signed, and that the signature is right. */
export function signatureVerifier(region: string, credentials: SigningCredentials): VerifySignature {
  const signer = new SignatureV4({
    service: 'kinesis',
    region,
    credentials,
    sha256: Sha256,
    applyChecksum: false,
  });

  return async (url, headers, body) => {
    const time = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date']));
    if (time === null || url.replace(/\?$/, '') !== '/') return false;
    const [, year, month, day, hour, minute, second] = time;
    const signed: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) {
      if (name === 'host' || name === 'content-type' || name.startsWith('x-amz-'))
        signed[name] = String(value);
    }
    const expected = await signer.sign(
      {
        method: 'POST',
        protocol: 'http:',
        hostname: signed.host!,
        path: '/',
        query: {},
        headers: signed,
        body,
      },
      { signingDate: new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) },
    );
    return expected.headers.authorization === headers.authorization;
  };
}
