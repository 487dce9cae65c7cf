/** The environment for the parts of a sandbox, completed where the user has set nothing. */

export const DEFAULT_REGION = 'us-east-1';
export const DEFAULT_KINESIS_PORT = 4566;

/** Any of these means that the user has chosen credentials. */
const CREDENTIAL_VARIABLES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

/** What the gateway's env vault sees: where Kinesis is, and its region. */
export function gatewayEnvironment(env: NodeJS.ProcessEnv, kinesisPort: number): NodeJS.ProcessEnv {
  return {
    ...env,
    AWS_REGION: env.AWS_REGION || DEFAULT_REGION,
    KINESIS_ENDPOINT: env.KINESIS_ENDPOINT || `http://127.0.0.1:${kinesisPort}`,
  };
}

/** Adds credentials, which the embedded Kinesis doesn't check: dummies if the user has none. */
export function withCredentials(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (CREDENTIAL_VARIABLES.some((variable) => env[variable])) return env;
  return { ...env, AWS_ACCESS_KEY_ID: 'sandbox', AWS_SECRET_ACCESS_KEY: 'sandbox' };
}
