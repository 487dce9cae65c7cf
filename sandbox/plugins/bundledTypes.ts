/** The schemas of those of Kong's own plugins that the sandbox has, with the fields it honours. */

import type { PluginType } from '../config/pluginTypes';
import { ConfigError, type Warn } from '../config/problems';
import { checkRegex } from '../config/regex';
import type { FieldSchema } from '../config/schema';

const METHODS = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'];
const STRINGS: FieldSchema = { type: 'array', elements: { type: 'string' } };
const NO: FieldSchema = { type: 'boolean', required: true, default: false };

/** From the shortest to the longest, with their length in seconds as Kong counts it. */
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
  version: '3.9',
  fields: [
    { origins: STRINGS },
    { methods: { type: 'array', default: METHODS, elements: { type: 'string', one_of: METHODS } } },
    { headers: STRINGS },
    { exposed_headers: STRINGS },
    { max_age: { type: 'number' } },
    { credentials: NO },
    { private_network: NO },
    { preflight_continue: NO },
  ],
  checkConfig({ origins, private_network: privateNetwork }, path, warn) {
    for (const [i, origin] of ((origins as string[] | null) ?? []).entries()) {
      if (origin !== '*') checkRegex(origin, `${path}.origins[${i}]`);
    }
    if (privateNetwork === true) warn(`${path}.private_network`, 'not honoured by the sandbox');
  },
};

const REQUEST_SIZE_LIMITING: PluginType = {
  name: 'request-size-limiting',
  priority: 951,
  version: '3.9',
  fields: [
    { allowed_payload_size: { type: 'integer', default: 128 } },
    {
      size_unit: {
        type: 'string',
        required: true,
        default: 'megabytes',
        one_of: ['megabytes', 'kilobytes', 'bytes'],
      },
    },
    { require_content_length: NO },
  ],
};

const LIMIT: FieldSchema = { type: 'number', gt: 0 };

const RATE_LIMITING: PluginType = {
  name: 'rate-limiting',
  priority: 910,
  version: '3.9',
  fields: [
    ...PERIOD_NAMES.map((period) => ({ [period]: LIMIT })),
    {
      limit_by: {
        type: 'string',
        default: 'consumer',
        one_of: ['consumer', 'credential', 'ip', 'service', 'header', 'path'],
      },
    },
    { header_name: { type: 'string' } },
    { path: { type: 'string' } },
    { policy: { type: 'string', default: 'local', one_of: ['local', 'cluster', 'redis'] } },
    { fault_tolerant: { type: 'boolean', required: true, default: true } },
    { hide_client_headers: NO },
    { error_code: { type: 'number', default: 429, gt: 0 } },
    { error_message: { type: 'string', default: 'API rate limit exceeded' } },
    { sync_rate: { type: 'number', required: true, default: -1 } },
    { redis: { type: 'map' } },
  ],
  checkConfig: checkRateLimiting,
};

function checkRateLimiting(config: Readonly<Record<string, unknown>>, path: string, warn: Warn): void {
  const limits = PERIOD_NAMES.flatMap((period) => {
    const limit = config[period];
    return typeof limit === 'number' ? [{ period, limit }] : [];
  });
  if (limits.length === 0)
    throw new ConfigError(path, `at least one of these fields must be non-empty: ${PERIOD_NAMES.join(', ')}`);
  for (const [i, { period, limit }] of limits.entries()) {
    const shorter = limits.slice(0, i).find((other) => other.limit > limit);
    if (shorter !== undefined)
      throw new ConfigError(
        path,
        `The limit for ${period}(${limit}) cannot be lower than the limit for ${shorter.period}(${shorter.limit})`,
      );
  }
  if (config.limit_by === 'header' && config.header_name === null)
    throw new ConfigError(`${path}.header_name`, 'required field missing');
  if (config.limit_by === 'path' && config.path === null)
    throw new ConfigError(`${path}.path`, 'required field missing');
  if (config.policy !== 'local') warn(`${path}.policy`, `${config.policy}: the sandbox counts locally`);
}

export const BUNDLED_TYPES: readonly PluginType[] = [CORS, REQUEST_SIZE_LIMITING, RATE_LIMITING];
