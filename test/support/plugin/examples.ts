/** The values that the plugin's tests share: a fixed clock, fixed ids, AWS's published example credentials. */

import type { StaticCredentials } from '../../../plugins/kinesis-ingest/config/credentialsConfig';
import type { CredentialsSource } from '../../../plugins/kinesis-ingest/kinesis/credentials/refreshedCredentials';

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-examples.html */
export const EXAMPLE_CREDENTIALS: StaticCredentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};

/** The time of AWS's example requests. */
export const EXAMPLE_TIME = new Date('2015-08-30T12:36:00.000Z');

export const CLIENT_IP = '203.0.113.7';
export const NEW_ID = '0198f2c4-0000-7000-8000-000000000001';

/** A configuration as Kong hands it over, with only what is required and what a test says. */
export function pluginConfig(more: Record<string, unknown> = {}): Record<string, unknown> {
  return { region: 'us-east-1', stream: 'clickstream', ...more };
}

/** A source that hands out what it is given, and never has anything newer. */
export function credentialsOf(get: CredentialsSource['get']): CredentialsSource {
  return { get, renew: () => false, accepted: () => undefined, problem: undefined };
}
