/** Reads the AWS credentials in the configuration, and checks that they are complete. */

import { ConfigError, type ConfigValues } from './checkConfig';

export interface StaticCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface CredentialsConfig {
  region: string;
  static?: StaticCredentials;
  role?: { arn: string; externalId?: string; sessionName: string };
}

const SECRETS = ['access_key_id', 'secret_access_key', 'session_token'] as const;

/** @throws ConfigError */
export function credentialsConfig(values: ConfigValues): CredentialsConfig {
  for (const name of SECRETS) checkSecret(name, values[name]);
  const { region, role_arn: arn, external_id: externalId, role_session_name: sessionName } = values;
  const fixed = staticCredentials(values);
  if (arn === undefined && externalId !== undefined) throw new ConfigError('external_id', 'needs role_arn');
  return {
    region,
    ...(fixed !== undefined && { static: fixed }),
    ...(arn !== undefined && { role: { arn, sessionName, ...(externalId !== undefined && { externalId }) } }),
  };
}

/**
 * Secrets go into headers, so a line break from a secret's file would break every call. The schema has no such rule because
 * Kong would show the value in its error.
 */
function checkSecret(name: string, value: string | undefined): void {
  if (value !== undefined && !/^[\x21-\x7e]+$/.test(value))
    throw new ConfigError(name, 'contains white space or something else than ASCII');
}

function staticCredentials({
  access_key_id: accessKeyId,
  secret_access_key: secretAccessKey,
  session_token: sessionToken,
}: ConfigValues): StaticCredentials | undefined {
  if (accessKeyId !== undefined && secretAccessKey !== undefined)
    return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  if (accessKeyId !== undefined) throw new ConfigError('secret_access_key', 'is required with access_key_id');
  if (secretAccessKey !== undefined)
    throw new ConfigError('access_key_id', 'is required with secret_access_key');
  if (sessionToken !== undefined)
    throw new ConfigError('session_token', 'needs access_key_id and secret_access_key');
  return undefined;
}
