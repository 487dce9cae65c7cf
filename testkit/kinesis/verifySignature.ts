/** Verifies AWS Signature V4 with an implementation that shares nothing with the one under test. */

import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Request } from './listener';

type Bytes = string | ArrayBuffer | ArrayBufferView;

/** Node's own, in the form that the signer accepts. */
class Sha256 {
  private readonly hash;

  constructor(secret?: Bytes) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(data: Bytes): void {
    this.hash.update(bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }
  reset(): void {
    throw new Error('a hash is used once');
  }
}

function bytesOf(data: Bytes): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}

export interface SigningCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;

/** The signer's access key id; undefined if the request isn't signed. */
export function accessKeyIdOf(authorization: string | undefined): string | undefined {
  return /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\//.exec(authorization ?? '')?.[1];
}

/** Why the request's signature is invalid; undefined if it is right. */
export async function signatureFault(
  request: Request,
  credentials: SigningCredentials,
  region = 'us-east-1',
): Promise<string | undefined> {
  const { headers } = request;
  const parts = AUTHORIZATION.exec(headers.authorization ?? '');
  if (parts === null) return `no signature: ${headers.authorization ?? 'no authorization header'}`;
  const [, accessKeyId, , signedRegion, service, signedNames] = parts;
  if (accessKeyId !== credentials.accessKeyId) return `signed by ${accessKeyId}`;
  if (signedRegion !== region || service !== 'kinesis') return `signed for ${signedRegion}/${service}`;
  const expectedNames = ['content-type', 'host', 'x-amz-date', 'x-amz-target'];
  if (credentials.sessionToken !== undefined) expectedNames.splice(3, 0, 'x-amz-security-token');
  if (signedNames !== expectedNames.join(';')) return `signed headers ${signedNames}`;
  if (headers['x-amz-security-token'] !== credentials.sessionToken) return 'another session token';

  for (const name of expectedNames) if (headers[name] === undefined) return `the signed ${name} is missing`;
  const date = headers['x-amz-date']!.replace(
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
    '$1-$2-$3T$4:$5:$6Z',
  );
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256, applyChecksum: false });
  const toSign = {
    method: request.method,
    protocol: 'http:',
    hostname: headers.host!,
    path: request.url.replace(/\?$/, ''),
    query: {},
    headers: Object.fromEntries(
      ['host', 'content-type', 'x-amz-target'].map((name) => [name, headers[name]!]),
    ),
    body: request.body,
  };
  const expected = await signer.sign(toSign, { signingDate: new Date(date) });
  return expected.headers.authorization === headers.authorization
    ? undefined
    : 'the signature does not match';
}
