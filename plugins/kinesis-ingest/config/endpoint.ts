/** Where Kinesis is. */

import { partition } from '@aws-sdk/util-endpoints';
import { ConfigError } from './checkConfig';

export interface Endpoint {
  scheme: 'http' | 'https';
  hostname: string;
  port: number;
  /** Value of the Host header, which is signed. It has no port if that is the scheme's default. */
  host: string;
  path: string;
}

/** Which of a region's endpoints is meant. */
export interface EndpointKind {
  fips?: boolean;
  dualStack?: boolean;
}

/** The partition that has only FIPS endpoints. */
const GOVCLOUD = 'aws-us-gov';

/**
 * AWS's public endpoint for a region in any partition.
 *
 * @throws ConfigError if the partition has none of that kind
 */
export function regionsEndpoint(
  region: string,
  { fips = false, dualStack = false }: EndpointKind = {},
): string {
  const { name, dnsSuffix, dualStackDnsSuffix, supportsFIPS, supportsDualStack } = partition(region);
  if (fips && !supportsFIPS) throw new ConfigError('use_fips_endpoint', 'is not to be had in this region');
  if (dualStack && !supportsDualStack)
    throw new ConfigError('use_dualstack_endpoint', 'is not to be had in this region');
  const service = fips && (dualStack || name !== GOVCLOUD) ? 'kinesis-fips' : 'kinesis';
  return `https://${service}.${region}.${dualStack ? dualStackDnsSuffix : dnsSuffix}`;
}

/** @param endpoint URL with scheme, host and port. Default: AWS's public one for the region. @throws ConfigError */
export function endpointOf(region: string, endpoint: string | undefined, kind: EndpointKind = {}): Endpoint {
  if (endpoint !== undefined && (kind.fips || kind.dualStack))
    throw new ConfigError('endpoint', 'cannot be had with use_fips_endpoint or use_dualstack_endpoint');
  const text = endpoint ?? regionsEndpoint(region, kind);
  let url: URL;
  try {
    url = new URL(text);
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
