/** Reads a route, without its plugins. */

import { idOf, TEXT, TEXTS } from './fields';
import { ConfigError, isRecord, type Warn } from './problems';
import type { ServiceEntity } from './readService';
import { fillRecord, type RecordFields } from './schema';

const FIELDS: RecordFields = [
  { id: TEXT },
  { name: TEXT },
  { protocols: { ...TEXTS, default: ['http', 'https'] } },
  { paths: { type: 'array', elements: { type: 'string', match: '^~?/' } } },
  { methods: { type: 'set', elements: { type: 'string', match: '^[A-Z]+$' } } },
  { hosts: TEXTS },
  { strip_path: { type: 'boolean', default: true } },
  { preserve_host: { type: 'boolean', default: false } },
  { tags: TEXTS },
  { plugins: { type: 'array' } },
];

/** Kong's rules that the sandbox doesn't implement. */
const UNKNOWN_RULES = ['headers', 'snis', 'sources', 'destinations', 'expression'];

export type RouteEntity = ReturnType<typeof readRoute>;

/** @throws ConfigError for what Kong would refuse */
export function readRoute(value: unknown, path: string, service: ServiceEntity, warn: Warn) {
  const fields = fillRecord(FIELDS, value, path, (at, key) => {
    if (!UNKNOWN_RULES.includes(key)) warn(at, 'not honoured by the sandbox');
  });
  const listOf = (name: string) => (fields[name] as string[] | null) ?? undefined;
  const [paths, methods, hosts] = ['paths', 'methods', 'hosts'].map(listOf);
  const isRegex = paths?.some((item) => item.startsWith('~')) === true;
  const isPattern = hosts?.some((item) => /[*:]/.test(item)) === true;
  const uncheckedRules = [
    ...UNKNOWN_RULES.filter((rule) => isRecord(value) && (value[rule] ?? null) !== null),
    ...(listOf('protocols')?.includes('http') ? [] : ['protocols']),
    ...(isRegex ? ['paths'] : []),
    ...(isPattern ? ['hosts'] : []),
  ];
  for (const rule of uncheckedRules)
    warn(`${path}.${rule}`, 'the sandbox cannot check this rule, so it refuses what the route might match');
  const rules = new Set([...uncheckedRules, ...['paths', 'methods', 'hosts'].filter(listOf)]);
  if (rules.size === 0) throw new ConfigError(path, "must set one of 'methods', 'hosts', 'headers', 'paths'");
  const name = String(fields.name ?? '');
  return {
    id: String(fields.id ?? idOf('routes', name || path)),
    name,
    service,
    /** For each of these three, undefined means any. */
    paths: isRegex ? undefined : paths,
    methods,
    hosts: isPattern ? undefined : hosts?.map((host) => host.toLowerCase()),
    kindsOfRules: rules.size,
    /** The rules that the sandbox can't check. Its router lets them match any request, which is then refused. */
    uncheckedRules,
    stripPath: fields.strip_path === true,
    preserveHost: fields.preserve_host === true,
  };
}
