/** The schemas of Kong's own plugins that the sandbox has, with the fields it accepts. */

import type { PluginType } from '../config/pluginTypes';
import { ConfigError, type Warn } from '../config/problems';
import type { FieldSchema } from '../config/schema';

const METHODS = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'];
const STRINGS: FieldSchema = { type: 'array', elements: { type: 'string' } };
const NO: FieldSchema = { type: 'boolean', required: true, default: false };

/** From shortest to longest, with their length in seconds as Kong counts it. */
export const PERIODS = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  month: 2_592_000,
  year: 31_536_000,
} as const;
export type Period = keyof typeof PERIODS;
export const PERIOD_NAMES = Object.keys(PERIODS) as Period[];

const CORS: PluginType = {
  name: 'cors',
  priority: 2000,
  fields: [
    { origins: STRINGS },
    { methods: { type: 'array', default: METHODS, elements: { type: 'string', one_of: METHODS } } },
    { headers: STRINGS },
    { exposed_headers: STRINGS },
    { max_age: { type: 'number' } },
    { credentials: NO },
    { private_network: { ...NO, one_of: [false] } },
    { preflight_continue: NO },
  ],
  checkConfig({ origins }, path) {
    for (const [i, origin] of ((origins as string[] | null) ?? []).entries()) {
      if (origin !== '*') checkRegex(origin, `${path}.origins[${i}]`);
    }
  },
};

function checkRegex(source: string, path: string): void {
  try {
    new RegExp(source);
  } catch (cause) {
    throw new ConfigError(path, `'${source}' is not a valid regex`, { cause });
  }
}

const REQUEST_SIZE_LIMITING: PluginType = {
  name: 'request-size-limiting',
  priority: 951,
  fields: [
    { allowed_payload_size: { type: 'integer', default: 128 } },
    { size_unit: { type: 'string', default: 'megabytes', one_of: ['megabytes', 'kilobytes', 'bytes'] } },
    { require_content_length: NO },
  ],
};

const RATE_LIMITING: PluginType = {
  name: 'rate-limiting',
  priority: 910,
  fields: [
    ...PERIOD_NAMES.map((period) => ({ [period]: { type: 'number', gt: 0 } as const })),
    { limit_by: { type: 'string', default: 'consumer', one_of: ['consumer', 'credential', 'ip', 'header'] } },
    { header_name: { type: 'string' } },
    { policy: { type: 'string', default: 'local', one_of: ['local', 'cluster', 'redis'] } },
    { hide_client_headers: NO },
    { error_code: { type: 'number', default: 429, gt: 0 } },
    { error_message: { type: 'string', default: 'API rate limit exceeded' } },
    // These are about counters outside the node.
    { fault_tolerant: { type: 'boolean', default: true } },
    { sync_rate: { type: 'number', default: -1 } },
    { redis: { type: 'map' } },
  ],
  checkConfig: checkRateLimiting,
};

function checkRateLimiting(config: Readonly<Record<string, unknown>>, path: string, warn: Warn): void {
  let shorter: { period: Period; limit: number } | undefined;
  for (const period of PERIOD_NAMES) {
    const limit = config[period];
    if (typeof limit !== 'number') continue;
    if (shorter !== undefined && shorter.limit > limit)
      throw new ConfigError(
        path,
        `The limit for ${period}(${limit}) cannot be lower than the limit for ${shorter.period}(${shorter.limit})`,
      );
    shorter = { period, limit };
  }
  if (shorter === undefined)
    throw new ConfigError(path, `at least one of these fields must be non-empty: ${PERIOD_NAMES.join(', ')}`);
  if (config.limit_by === 'header' && config.header_name === null)
    throw new ConfigError(`${path}.header_name`, 'required field missing');
  if (config.policy !== 'local') warn(`${path}.policy`, `${config.policy}: the sandbox counts locally`);
}

export const BUNDLED_TYPES: readonly PluginType[] = [CORS, REQUEST_SIZE_LIMITING, RATE_LIMITING];
