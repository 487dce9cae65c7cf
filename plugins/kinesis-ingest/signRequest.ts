/** Signs calls to Kinesis with AWS Signature Version 4. */

import { createHmac, hash } from 'node:crypto';
import { RequestSigner } from 'aws4';
import type { Endpoint, StaticCredentials } from './config';

export const KINESIS_CONTENT_TYPE = 'application/x-amz-json-1.1';
export type Operation = 'PutRecord' | 'PutRecords';

/**
 * The headers with which a call goes out, in lower case: host, content-type, x-amz-date, x-amz-target,
 * x-amz-security-token where there is one, and authorization, which signs all the others and the body.
 */
export type SignRequest = (
  operation: Operation,
  body: Buffer,
  credentials: StaticCredentials,
  time: Date,
) => Record<string, string>;

/** What the calls of an operation have in common that are signed in the same second with the same credentials. */
interface SecondsCalls {
  second: number;
  credentials: StaticCredentials;
  key: Buffer;
  headers: Record<string, string>;
  /** All but the hash or signature that each of them ends in. */
  canonicalRequest: string;
  stringToSign: string;
  authorization: string;
}

/** aws4 writes what is signed, once a second; the body's hash and what follows from it is all that calls differ in. */
export function requestSigner(endpoint: Endpoint, region: string): SignRequest {
  const latest = new Map<Operation, SecondsCalls>();
  return (operation, body, credentials, time) => {
    const second = Math.floor(time.getTime() / 1000);
    let calls = latest.get(operation);
    if (calls?.second !== second || calls.credentials !== credentials) {
      calls = prepare(operation, endpoint, region, credentials, second);
      latest.set(operation, calls);
    }
    const canonicalRequest = calls.canonicalRequest + hash('sha256', body);
    const stringToSign = calls.stringToSign + hash('sha256', canonicalRequest);
    const signature = createHmac('sha256', calls.key).update(stringToSign).digest('hex');
    return { ...calls.headers, authorization: calls.authorization + signature };
  };
}

function prepare(
  operation: Operation,
  endpoint: Endpoint,
  region: string,
  credentials: StaticCredentials,
  second: number,
): SecondsCalls {
  const headers: Record<string, string> = {
    host: endpoint.host,
    'content-type': KINESIS_CONTENT_TYPE,
    'x-amz-date': new Date(second * 1000).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    'x-amz-target': `Kinesis_20131202.${operation}`,
  };
  if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken;
  const request = { service: 'kinesis', region, method: 'POST', path: endpoint.path, headers };
  const signer = new RequestSigner(request, credentials);
  signer.prepareRequest();
  return {
    second,
    credentials,
    key: signingKey(credentials.secretAccessKey, signer.credentialString()),
    headers,
    canonicalRequest: withoutHash(signer.canonicalString()),
    stringToSign: withoutHash(signer.stringToSign()),
    authorization: withoutHash(signer.authHeader()),
  };
}

/** @param scope date, region, service and `aws4_request`, each of which goes into the key */
function signingKey(secret: string, scope: string): Buffer {
  const hmac = (key: Buffer, part: string) => createHmac('sha256', key).update(part).digest();
  return scope.split('/').reduce(hmac, Buffer.from(`AWS4${secret}`));
}

const SHA256_HEX_CHARACTERS = 64;

function withoutHash(text: string): string {
  return text.slice(0, -SHA256_HEX_CHARACTERS);
}
