/** A stream as calls name it: by its name, or by its ARN, which may be another account's. */

import { partition } from '@aws-sdk/util-endpoints';
import { ConfigError } from './checkConfig';

/**
 * @param arn `arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME`, in a form that the schema has checked
 * @param option the field that has the ARN
 * @throws ConfigError if the ARN names another stream, or a place that the region's endpoint doesn't reach
 */
export function streamOf(name: string, arn: string | undefined, option: string, region: string): string {
  if (arn === undefined) return name;
  const [, itsPartition, , itsRegion] = arn.split(':');
  if (streamName(arn) !== name)
    throw new ConfigError(option, 'names another stream than the field beside it');
  if (itsRegion !== region) throw new ConfigError(option, 'is of another region than config.region');
  if (itsPartition !== partition(region).name)
    throw new ConfigError(option, 'is of another partition than config.region');
  return arn;
}

/** A name has no colon. */
export function isArn(stream: string): boolean {
  return stream.includes(':');
}

/** For the log, which contains no account. */
export function streamName(stream: string): string {
  return stream.slice(stream.lastIndexOf('/') + 1);
}
