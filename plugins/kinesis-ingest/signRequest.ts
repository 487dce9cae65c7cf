/** Signs a call to Kinesis with AWS Signature Version 4. */

import aws4 from 'aws4';
import type { Endpoint, StaticCredentials } from './config';

export const KINESIS_CONTENT_TYPE = 'application/x-amz-json-1.1';
export type Operation = 'PutRecord' | 'PutRecords';

/** Set by whoever sends the request: a signature must not depend on it. */
const UNSIGNED = { 'content-length': true };

/**
 * The headers with which the call goes out, in lower case: host, content-type, x-amz-date, x-amz-target,
 * x-amz-security-token where there is one, and authorization, which signs all the others and the body.
 */
export function signRequest(
  operation: Operation,
  body: Buffer,
  endpoint: Endpoint,
  region: string,
  credentials: StaticCredentials,
  time: Date,
): Record<string, string> {
  const headers: Record<string, string> = {
    host: endpoint.host,
    'content-type': KINESIS_CONTENT_TYPE,
    'x-amz-date': time.toISOString().replace(/[:-]|\.\d{3}/g, ''),
    'x-amz-target': `Kinesis_20131202.${operation}`,
  };
  if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken;
  const request = {
    service: 'kinesis',
    region,
    method: 'POST',
    path: endpoint.path,
    headers,
    body,
    extraHeadersToIgnore: UNSIGNED,
  };
  const signed = aws4.sign(request as unknown as aws4.Request, credentials);
  headers.authorization = String(signed.headers?.Authorization);
  return headers;
}
