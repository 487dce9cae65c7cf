/** Reads a route; its plugins are read by others. */

import { idOf, type RouteEntity, type ServiceEntity, TEXT, TEXTS } from './entities';
import { ConfigError, isRecord, type Warn } from './problems';
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

/** The rules in Kong that the sandbox has no notion of. */
const UNKNOWN_RULES = ['headers', 'snis', 'sources', 'destinations', 'expression'];

type Rule = 'paths' | 'methods' | 'hosts' | 'protocols';

/** @throws ConfigError for what Kong would refuse */
export function readRoute(
  value: unknown,
  path: string,
  service: ServiceEntity | undefined,
  warn: Warn,
): RouteEntity {
  const fields = fillRecord(FIELDS, value, path, (at, key) => {
    if (key !== 'service' && !UNKNOWN_RULES.includes(key)) warn(at, 'not honoured by the sandbox');
  });
  const { paths, methods, hosts, protocols } = fields as Record<Rule, string[] | null>;
  const uncheckedRules = [
    ...UNKNOWN_RULES.filter((rule) => isRecord(value) && (value[rule] ?? null) !== null),
    ...(protocols?.includes('http') ? [] : ['protocols']),
    ...namesOf('paths', paths, (item) => item.startsWith('~')),
    ...namesOf('hosts', hosts, (item) => /[*:]/.test(item)),
  ];
  for (const rule of uncheckedRules)
    warn(`${path}.${rule}`, 'the sandbox cannot check this rule, so it refuses what the route might match');
  if ((paths ?? methods ?? hosts) === null && uncheckedRules.length === 0)
    throw new ConfigError(path, "must set one of 'methods', 'hosts', 'headers', 'paths'");
  const name = String(fields.name ?? '');
  return {
    id: String(fields.id ?? idOf('routes', name || path)),
    name,
    service,
    paths: paths ?? undefined,
    methods: methods ?? undefined,
    hosts: hosts?.map((host) => host.toLowerCase()),
    uncheckedRules,
    stripPath: fields.strip_path === true,
    preserveHost: fields.preserve_host === true,
  };
}

function namesOf(rule: string, items: string[] | null, isUnchecked: (item: string) => boolean): string[] {
  return (items ?? []).flatMap((item, i) => (isUnchecked(item) ? [`${rule}[${i}]`] : []));
}
