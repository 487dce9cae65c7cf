/** Which AWS credentials the configuration names, and whether they are enough to go by. */

import type { CredentialsConfig } from './config';
import { ConfigError, type ConfigReader, match } from './configReader';

/** @throws ConfigError */
export function credentialsConfig(region: string, read: ConfigReader): CredentialsConfig {
  /** They go into headers; a line end that came with a secret's file would break every call. The value is not told. */
  const secret = (name: 'access_key_id' | 'secret_access_key' | 'session_token') => {
    const value = read.string(name);
    if (value !== undefined && !/^[\x21-\x7e]+$/.test(value))
      throw new ConfigError(name, 'contains white space or something else than ASCII');
    return value;
  };
  const accessKeyId = secret('access_key_id');
  const secretAccessKey = secret('secret_access_key');
  const sessionToken = secret('session_token');
  const arn = read.string('role_arn');
  const externalId = read.string('external_id');
  const config: CredentialsConfig = { region };

  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    config.static = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  } else if (accessKeyId !== undefined)
    throw new ConfigError('secret_access_key', 'is required with access_key_id');
  else if (secretAccessKey !== undefined)
    throw new ConfigError('access_key_id', 'is required with secret_access_key');
  else if (sessionToken !== undefined)
    throw new ConfigError('session_token', 'needs access_key_id and secret_access_key');

  if (arn !== undefined) {
    match('role_arn', arn, /^arn:[a-z0-9-]+:iam::\d{12}:role\/.+$/, 'is no ARN of a role');
    const sessionName = match(
      'role_session_name',
      read.required('role_session_name'),
      /^[\w+=,.@-]{2,64}$/,
      'is no session name',
    );
    config.role = { arn, sessionName, ...(externalId !== undefined && { externalId }) };
  } else if (externalId !== undefined) throw new ConfigError('external_id', 'needs role_arn');
  return config;
}
