/** Where Kinesis is: as the AWS SDK’s own client has it, in every partition. */

import { KinesisClient } from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../plugins/kinesis-ingest/config/checkConfig';
import { parseConfig } from '../../../../plugins/kinesis-ingest/config/config';
import { pluginConfig } from '../../../support/plugin/examples';

const REGIONS = [
  'us-east-1',
  'eu-central-1',
  'ap-southeast-2',
  'cn-north-1',
  'cn-northwest-1',
  'us-gov-west-1',
  'us-gov-east-1',
  'us-iso-east-1',
  'us-isob-east-1',
  'eu-isoe-west-1',
  'us-isof-south-1',
  'eusc-de-east-1',
];

/** @returns undefined where there is none */
function oursFor(region: string, fips: boolean, dualStack: boolean): string | undefined {
  try {
    const config = pluginConfig({ region, use_fips_endpoint: fips, use_dualstack_endpoint: dualStack });
    const { endpoint } = parseConfig(config);
    return `${endpoint.scheme}://${endpoint.host}/`;
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return undefined;
  }
}

function theSdks(region: string, UseFIPS: boolean, UseDualStack: boolean): string | undefined {
  const client = new KinesisClient({ region });
  try {
    return client.config.endpointProvider({ Region: region, UseFIPS, UseDualStack }).url.href;
  } catch {
    return undefined;
  }
}

describe.each(REGIONS)('in %s', (region) => {
  it.each([
    ['the region’s own', false, false],
    ['with FIPS', true, false],
    ['with IPv6', false, true],
    ['with both', true, true],
  ])('it is the endpoint that the SDK’s client asks: %s', (_, fips, dualStack) => {
    expect(oursFor(region, fips, dualStack)).toBe(theSdks(region, fips, dualStack));
  });
});
