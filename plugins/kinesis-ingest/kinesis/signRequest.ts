/** Signs calls to Kinesis with AWS Signature Version 4. */

import { createHmac, hash } from 'node:crypto';
import { RequestSigner } from 'aws4';
import type { StaticCredentials } from '../config/credentialsConfig';
import type { Endpoint } from '../config/endpoint';

export const KINESIS_CONTENT_TYPE = 'application/x-amz-json-1.1';
export type Operation = 'PutRecord' | 'PutRecords' | 'DescribeStreamSummary';

/**
 * Returns the headers of a call, with names in lower case: host, content-type, x-amz-date, x-amz-target,
 * x-amz-security-token if there is one, and authorization, which signs all the others and the body.
 */
export type SignRequest = (
  operation: Operation,
  body: Buffer,
  credentials: StaticCredentials,
  time: Date,
) => Record<string, string>;

/** What calls of one operation share if they are signed in the same second with the same credentials. */
interface SecondsCalls {
  second: number;
  credentials: StaticCredentials;
  /** Complete but for the signature at the end of `authorization`. */
  headers: Record<string, string>;
  /** The signature of a call whose body has this hash. */
  signatureOf(bodyHash: string): string;
}

/** Once a second, aws4 writes what is signed. Within that second, calls differ only in the hash of their body. */
export function requestSigner(endpoint: Endpoint, region: string): SignRequest {
  const latest = new Map<Operation, SecondsCalls>();
  return (operation, body, credentials, time) => {
    const second = Math.floor(time.getTime() / 1000);
    let calls = latest.get(operation);
    if (calls?.second !== second || calls.credentials !== credentials) {
      calls = prepare(operation, endpoint, region, credentials, second);
      latest.set(operation, calls);
    }
    const headers = { ...calls.headers };
    headers.authorization += calls.signatureOf(hash('sha256', body));
    return headers;
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
  const hashOfRequest = hashBehind(Buffer.from(withoutHash(signer.canonicalString())), HEX_BYTES, 'hex');
  const hmac = hmacBehind(
    signingKey(credentials.secretAccessKey, signer.credentialString()),
    withoutHash(signer.stringToSign()),
  );
  return {
    second,
    credentials,
    headers: { ...headers, authorization: withoutHash(signer.authHeader()) },
    signatureOf: (bodyHash) => hmac(hashOfRequest(bodyHash)),
  };
}

/** @param scope date, region, service and `aws4_request`; the key is derived from each in turn */
function signingKey(secret: string, scope: string): Buffer {
  const hmac = (key: Buffer, part: string) => createHmac('sha256', key).update(part).digest();
  return scope.split('/').reduce(hmac, Buffer.from(`AWS4${secret}`));
}

const HASH_BYTES = 32;
/** The length of a hash in hexadecimal. */
const HEX_BYTES = 2 * HASH_BYTES;
const BLOCK_BYTES = 64;

function withoutHash(text: string): string {
  return text.slice(0, -HEX_BYTES);
}

/** Hashes a fixed start followed by `endBytes` bytes, which are passed as a latin1 string (SHA-256). */
function hashBehind(start: Buffer, endBytes: number, encoding: 'hex' | 'binary'): (end: string) => string {
  const bytes = Buffer.concat([start, Buffer.alloc(endBytes)]);
  return (end) => {
    bytes.write(end, start.length, 'latin1');
    return hash('sha256', bytes, encoding);
  };
}

/**
 * HMAC-SHA-256 of a fixed start followed by a hash. It is written out as RFC 2104 defines it, because two hashes cost a
 * third of createHmac.
 *
 * @param key of up to 64 bytes
 */
function hmacBehind(key: Buffer, start: string): (end: string) => string {
  const padded = (pad: number) => Buffer.alloc(BLOCK_BYTES, pad).map((byte, i) => byte ^ (key[i] ?? 0));
  const inner = hashBehind(Buffer.concat([padded(0x36), Buffer.from(start)]), HEX_BYTES, 'binary');
  const outer = hashBehind(Buffer.from(padded(0x5c)), HASH_BYTES, 'hex');
  return (end) => outer(inner(end));
}
