/** The plugin's configuration as Kong's Admin API and checkConfig.ts check it. Rules between fields aren't here. */

/** Kinesis's default record limit. It counts the data before base64, and the partition key. */
export const DEFAULT_MAX_EVENT_BYTES = 1024 * 1024;

/** The highest record limit that a stream can be given. */
export const LARGEST_MAX_EVENT_BYTES = 10 * 1024 * 1024;

/** @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html */
export const MAX_RECORDS_PER_CALL = 500;
export const LARGEST_CALL_BYTES = 10 * 1024 * 1024;

/** A field in Kong's own terms. */
export interface FieldSchema {
  type: 'string' | 'integer' | 'boolean' | 'map' | 'array' | 'record';
  description?: string;
  required?: boolean;
  default?: string | number | boolean | Record<string, string>;
  one_of?: readonly string[];
  between?: readonly [number, number];
  /**
   * Kong reads it as a Lua pattern and the plugin as a regular expression, so it has only what means the same in both: no
   * `%`, `\\` or `-` outside a set, and `%%` inside one. Kong's error shows a value that doesn't match: no pattern for
   * secrets.
   */
  match?: string;
  len_min?: number;
  len_max?: number;
  referenceable?: boolean;
  encrypted?: boolean;
  keys?: FieldSchema;
  values?: FieldSchema;
  elements?: FieldSchema;
  fields?: readonly Readonly<Record<string, FieldSchema>>[];
}

/** Every field of the configuration has a description. */
type DescribedSchema = FieldSchema & { description: string };

function string<const More extends Partial<FieldSchema>>(description: string, more: More = {} as More) {
  return { type: 'string', description, referenceable: true, ...more } as const;
}

function integer<Default extends number>(
  description: string,
  value: Default,
  between: readonly [number, number],
) {
  return { type: 'integer', description, default: value, between } as const;
}

function flag<Default extends boolean>(description: string, value: Default) {
  return { type: 'boolean', description, default: value } as const;
}

function secret<const More extends Partial<FieldSchema>>(description: string, more: More = {} as More) {
  return string(description, { encrypted: true, ...more });
}

const STREAM_NAME = { match: '^[A-Za-z0-9_.-]+$', len_max: 128 } as const;
/** A name of a header or a cookie: RFC 9110. */
const TOKEN = "^[A-Za-z0-9!#$%%&'*+.^_`|~-]+$";
const ACCOUNT_ID = '[0-9]'.repeat(12);
const STREAM_ARN = {
  match: `^arn:[a-z0-9-]+:kinesis:[a-z0-9-]+:${ACCOUNT_ID}:stream/[A-Za-z0-9_.-]+$`,
  len_max: 256,
} as const;
/** Shorter salts could be guessed. */
const MIN_SALT_CHARACTERS = 16;

export const FIELDS = {
  region: string('AWS region of the stream, for example `us-east-1`.', {
    required: true,
    match: '^[a-z0-9-]+$',
    len_max: 64,
  }),
  endpoint: string(
    'URL of Kinesis if it is not AWS’s public one: a VPC endpoint or LocalStack. Default: the region’s own, such as `https://kinesis.REGION.amazonaws.com`.',
    { match: '^https?://[^/?#@ \t\r\n]+/?$' },
  ),
  use_fips_endpoint: flag('Whether to use the region’s endpoint with FIPS 140 cryptography.', false),
  use_dualstack_endpoint: flag('Whether to use the region’s endpoint that IPv6 reaches too.', false),
  stream: string('Name of the Kinesis data stream that events go to.', { required: true, ...STREAM_NAME }),
  stream_arn: string(
    'ARN of that stream, in the same region; calls then carry it instead of the name. For a stream of another account whose policy allows this one’s role.',
    STREAM_ARN,
  ),
  partition_key: string(
    'Key that spreads events over shards: `user_id`, `ip`, `random`, or the dotted path of an event field, such as `context.session`.',
    { default: 'user_id' },
  ),
  partition_key_salt: secret(
    'Secret of at least 16 characters that hashes partition keys, so that nobody can compute ids that all go to one shard. Setting or changing it moves keys to other shards once.',
    { len_min: MIN_SALT_CHARACTERS },
  ),
  streams: {
    type: 'array',
    description:
      'Streams for kinds of events: rules that are tried in order. The first that matches names the stream; all other events go to `stream`.',
    elements: {
      type: 'record',
      fields: [
        {
          when: {
            type: 'record',
            required: true,
            fields: [
              { field: { type: 'string', required: true } },
              { any_of: { type: 'array', len_min: 1, elements: { type: 'string' } } },
              { prefix: { type: 'string' } },
            ],
          },
        },
        { stream: { type: 'string', required: true, referenceable: true, ...STREAM_NAME } },
        { stream_arn: { type: 'string', referenceable: true, ...STREAM_ARN } },
      ],
    },
  },
  bad_events_stream: string(
    'Stream for refused events: reason, time, address and text (up to 64 KiB, at most 1 MiB per request). Default: none.',
    STREAM_NAME,
  ),
  bad_events_stream_arn: string('ARN of that stream, like `stream_arn` for `stream`.', STREAM_ARN),
  contracts: string(
    'What happens to an event that violates its contract: it is not checked (`off`), stored with a note (`report`) or refused (`enforce`). The contracts are those of the plugin server’s `--contracts`.',
    { default: 'off', one_of: ['off', 'report', 'enforce'] },
  ),
  contract_unknown: string(
    'What `contracts: enforce` does with an event that has no contract: `allow` or `refuse`.',
    { default: 'allow', one_of: ['allow', 'refuse'] },
  ),
  contract_name_field: string(
    'The field whose text names the contract of an event. Default: `event` where `type` is `track`, else `type`.',
  ),
  contract_version_field: string(
    'The field with the version of the contract. Default: none. The newest version applies then, and to an event without the field.',
  ),
  contract_field: string(
    'Where the result goes: `ok`, `violated` or `unknown`, with the contract’s name and version. Default: `contract` with `contracts: report`, none with `enforce`.',
  ),
  delivery: string(
    'Who calls Kinesis: `proxy` (Kong, one call per request) or `batch` (the plugin server, one call for the events of many requests).',
    { default: 'proxy', one_of: ['proxy', 'batch'] },
  ),
  answer: string(
    'How a request of several events is answered if not all are stored: `per_event` (200 with the result of each) or `all_or_retry` (429 or 503 with Retry-After, unless the rest can never be stored), with `delivery: batch`.',
    { default: 'per_event', one_of: ['per_event', 'all_or_retry'] },
  ),
  max_event_bytes: integer(
    'Largest event with the server’s fields and the partition key, in bytes. Raise it only together with the stream’s record limit.',
    DEFAULT_MAX_EVENT_BYTES,
    [1, LARGEST_MAX_EVENT_BYTES],
  ),
  max_body_bytes: integer(
    'Largest body of a request in bytes, after decompression, and largest sum of its events with the server’s fields. The default is kong.yml’s limit.',
    2 * 1024 * 1024,
    [1, LARGEST_CALL_BYTES],
  ),
  max_events: integer('Maximum events per request.', MAX_RECORDS_PER_CALL, [1, MAX_RECORDS_PER_CALL]),
  batch_max_records: integer(
    'Maximum events per call to Kinesis, with `delivery: batch`.',
    MAX_RECORDS_PER_CALL,
    [1, MAX_RECORDS_PER_CALL],
  ),
  batch_max_bytes: integer(
    'Largest call to Kinesis: the sum of its events and partition keys in bytes, with `delivery: batch`.',
    5 * 1024 * 1024,
    [1, LARGEST_CALL_BYTES],
  ),
  batch_linger_ms: integer(
    'How long an event waits for others to share its call, in milliseconds, with `delivery: batch`. It waits only while a call to its stream is under way, or if the last one failed.',
    5,
    [0, 1000],
  ),
  batch_queue_bytes: integer(
    'Maximum bytes of events that one plugin server process holds until Kinesis has them; beyond that, requests are answered 503.',
    64 * 1024 * 1024,
    [1024 * 1024, 1024 * 1024 * 1024],
  ),
  deadline_ms: integer(
    'How many milliseconds a request waits for Kinesis, retries included, or with `delivery: proxy` for credentials; then it is answered 503.',
    2000,
    [100, 9000],
  ),
  ordering: string(
    'Whether a throttled event is sent again to the shard of its partition key (`per_key`) or may go to any other (`none`), with `delivery: batch`.',
    { default: 'per_key', one_of: ['per_key', 'none'] },
  ),
  ip_field: string('Where the client’s address goes: a field’s dotted path.', { default: 'ip' }),
  received_at_field: string('Where the time of receipt goes (ISO 8601, milliseconds, UTC).', {
    default: 'received_at',
  }),
  user_id_field: string('Field that the user id is read from and written to.', { default: 'user_id' }),
  original_user_id_field: string(
    'Where the event’s own user id goes, as it was sent, if it is invalid and was replaced.',
    { default: 'original_user_id' },
  ),
  event_id_field: string(
    'Where the event’s id goes, by which consumers recognise duplicates: its `messageId`, else a new one. Default: `event_id` with `delivery: batch`, none with `proxy`.',
  ),
  consumer_field: string(
    'Where the name of Kong’s authenticated consumer goes (key-auth, jwt): its username, else its custom id. Default: nowhere.',
  ),
  header_fields: {
    type: 'map',
    description: 'Request headers that go into the event: header name to dotted path.',
    keys: { type: 'string', match: TOKEN },
    values: { type: 'string' },
    default: { 'user-agent': 'user_agent', referer: 'referer' },
  },
  cookie_name: string('Name of the cookie that keeps the user id.', {
    default: 'user_id',
    match: TOKEN,
  }),
  cookie_max_age: integer(
    'Lifetime of the cookie in seconds; each event renews it. 0 makes it a session cookie.',
    31_536_000,
    [0, 34_560_000],
  ),
  cookie_domain: string('Domain of the cookie. Default: the request’s host.', {
    match: '^[.]?[A-Za-z0-9.-]+$',
  }),
  cookie_same_site: string('SameSite of the cookie; `None` needs `cookie_secure`.', {
    default: 'Lax',
    one_of: ['Strict', 'Lax', 'None'],
  }),
  cookie_secure: flag('Whether browsers send the cookie over HTTPS only.', true),
  respect_privacy_signals: flag(
    'Whether requests with `Sec-GPC: 1` or `DNT: 1` get no cookie and no user id but the event’s own, and have their address truncated.',
    false,
  ),
  anonymize_ip: flag('Whether every address is truncated: IPv4 to /24, IPv6 to /48.', false),
  access_key_id: secret('AWS access key id. Default: the AWS SDK’s provider chain on the plugin server.'),
  secret_access_key: secret('AWS secret access key, with `access_key_id`.'),
  session_token: secret('AWS session token, with `access_key_id`.'),
  role_arn: string('IAM role to assume through STS with the credentials above or the chain’s.', {
    match: `^arn:[a-z0-9-]+:iam::${ACCOUNT_ID}:role/.+$`,
  }),
  external_id: string('External id that the role’s trust policy asks for.'),
  role_session_name: string('Name of the assumed role’s session.', {
    default: 'kinesis-ingest',
    match: '^[A-Za-z0-9_+=,.@-]+$',
    len_min: 2,
    len_max: 64,
  }),
  upstream: string(
    'Who decides where the request goes: `plugin` (scheme, host and port from `region` or `endpoint`) or `service` (Kong’s service already names them, which saves two PDK calls).',
    { default: 'plugin', one_of: ['plugin', 'service'] },
  ),
} as const satisfies Record<string, DescribedSchema>;

export type FieldName = keyof typeof FIELDS;

/** Kong's form: a list of one-key records. */
export const Schema = Object.entries(FIELDS).map(([name, field]) => ({ [name]: field }));
