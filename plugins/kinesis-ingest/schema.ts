/** The plugin's configuration as Kong's Admin API checks it. What depends on two fields is checked in config.ts. */

/** Kinesis's record limit: data before base64 plus partition key, unless the stream's owner has raised it. */
export const DEFAULT_MAX_EVENT_BYTES = 1024 * 1024;

/** The most that a stream's record limit can be raised to. */
export const LARGEST_MAX_EVENT_BYTES = 10 * 1024 * 1024;

interface FieldSchema {
  type: 'string' | 'integer' | 'boolean' | 'map';
  description: string;
  required?: boolean;
  default?: string | number | boolean | Record<string, string>;
  one_of?: readonly string[];
  between?: readonly [number, number];
  referenceable?: boolean;
  encrypted?: boolean;
  keys?: { type: 'string' };
  values?: { type: 'string' };
}

function string<More extends Partial<FieldSchema>>(description: string, more: More = {} as More) {
  return { type: 'string', description, referenceable: true, ...more } as const;
}

function secret(description: string) {
  return string(description, { encrypted: true });
}

export const FIELDS = {
  region: string('AWS region of the stream, for example `us-east-1`.', { required: true }),
  endpoint: string(
    'URL of Kinesis where it is not AWS’s public one: a VPC endpoint, LocalStack. Default: `https://kinesis.REGION.amazonaws.com`.',
  ),
  stream: string('Name of the Kinesis data stream that events go to.', { required: true }),
  partition_key: string(
    'What spreads events over shards: `user_id`, `ip`, `random`, or the dotted path of a field of the event, such as `context.session`.',
    { default: 'user_id' },
  ),
  max_event_bytes: {
    type: 'integer',
    description:
      'Largest event with the server’s fields and the partition key, in bytes. Raise it only with the stream’s own record limit.',
    default: DEFAULT_MAX_EVENT_BYTES,
    between: [1, LARGEST_MAX_EVENT_BYTES],
  },
  ip_field: string('Where the client’s address goes: a field’s dotted path.', { default: 'ip' }),
  received_at_field: string('Where the time of receipt goes (ISO 8601, milliseconds, UTC).', {
    default: 'received_at',
  }),
  user_id_field: string('Where the user id is read from and goes.', { default: 'user_id' }),
  header_fields: {
    type: 'map',
    description: 'Request headers that go into the event: header name to dotted path.',
    keys: { type: 'string' },
    values: { type: 'string' },
    default: { 'user-agent': 'user_agent', referer: 'referer' },
  },
  cookie_name: string('Name of the cookie that keeps the user id.', { default: 'user_id' }),
  cookie_max_age: {
    type: 'integer',
    description: 'Lifetime of the cookie in seconds; each event renews it. 0 makes it a session cookie.',
    default: 31_536_000,
    between: [0, 34_560_000],
  },
  cookie_domain: string('Domain of the cookie. Default: the host that was asked.'),
  cookie_same_site: string('SameSite of the cookie; `None` needs `cookie_secure`.', {
    default: 'Lax',
    one_of: ['Strict', 'Lax', 'None'],
  }),
  cookie_secure: {
    type: 'boolean',
    description: 'Whether browsers keep the cookie to HTTPS.',
    default: true,
  },
  access_key_id: secret('AWS access key id. Default: the AWS SDK’s provider chain on the plugin server.'),
  secret_access_key: secret('AWS secret access key, with `access_key_id`.'),
  session_token: secret('AWS session token, with `access_key_id`.'),
  role_arn: string('IAM role to assume through STS with the credentials above or the chain’s.'),
  external_id: string('External id that the role’s trust policy asks for.'),
  role_session_name: string('Session name with which the role is assumed.', { default: 'kinesis-ingest' }),
  upstream: string(
    'Who says where the request goes: `plugin` (scheme, host and port from `region` or `endpoint`) or `service` (Kong’s service already names them, which saves two PDK calls).',
    { default: 'plugin', one_of: ['plugin', 'service'] },
  ),
} as const satisfies Record<string, FieldSchema>;

export type FieldName = keyof typeof FIELDS;

/** Kong's form: a list of one-key records. */
export const Schema = Object.entries(FIELDS).map(([name, field]) => ({ [name]: field }));
