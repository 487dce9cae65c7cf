/** Signs calls to Kinesis with AWS Signature Version 4. */

import { createHmac, hash } from 'node:crypto';
import { RequestSigner } from 'aws4';
import type { StaticCredentials } from '../config/credentialsConfig';
import type { Endpoint } from '../config/endpoint';

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
  /** All but the signature that `authorization` ends in. */
  headers: Record<string, string>;
  /** A call's signature, by the hash of its body. */
  signatureOf(bodyHash: string): string;
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

/** @param scope date, region, service and `aws4_request`, each of which goes into the key */
function signingKey(secret: string, scope: string): Buffer {
  const hmac = (key: Buffer, part: string) => createHmac('sha256', key).update(part).digest();
  return scope.split('/').reduce(hmac, Buffer.from(`AWS4${secret}`));
}

const HASH_BYTES = 32;
/** Of a hash in hexadecimal digits. */
const HEX_BYTES = 2 * HASH_BYTES;
const BLOCK_BYTES = 64;

function withoutHash(text: string): string {
  return text.slice(0, -HEX_BYTES);
}

/** SHA-256 of bytes that are always the same and so many, in `latin1`, behind them. */
function hashBehind(start: Buffer, endBytes: number, encoding: 'hex' | 'binary'): (end: string) => string {
  const bytes = Buffer.concat([start, Buffer.alloc(endBytes)]);
  return (end) => {
    bytes.write(end, start.length, 'latin1');
    return hash('sha256', bytes, encoding);
  };
}

/**
 * HMAC-SHA-256 of a text that always begins alike and ends in a hash. By its definition (RFC 2104), because two hashes
 * cost a third of what an object of createHmac's does.
 *
 * @param key of up to 64 bytes
 */
function hmacBehind(key: Buffer, start: string): (end: string) => string {
  const padded = (pad: number) => Buffer.alloc(BLOCK_BYTES, pad).map((byte, i) => byte ^ (key[i] ?? 0));
  const inner = hashBehind(Buffer.concat([padded(0x36), Buffer.from(start)]), HEX_BYTES, 'binary');
  const outer = hashBehind(Buffer.from(padded(0x5c)), HASH_BYTES, 'hex');
  return (end) => outer(inner(end));
}
