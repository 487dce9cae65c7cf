/** Where Kinesis is. */

import { partition } from '@aws-sdk/util-endpoints';
import { ConfigError } from './checkConfig';

export interface Endpoint {
  scheme: 'http' | 'https';
  hostname: string;
  port: number;
  /** Value of the Host header, which is signed: without the port where that is the scheme's own. */
  host: string;
  path: string;
}

/** @param endpoint URL of scheme, host and port. Default: AWS's public one of the region. @throws ConfigError */
export function endpointOf(region: string, endpoint: string | undefined): Endpoint {
  let url: URL;
  try {
    url = new URL(endpoint ?? `https://kinesis.${region}.${partition(region).dnsSuffix}`);
  } catch {
    throw new ConfigError('endpoint', 'is no URL');
  }
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  return {
    scheme,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port),
    host: url.host,
    path: '/',
  };
}
