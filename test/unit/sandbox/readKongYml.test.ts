/** Reading a kong.yml: what is taken, what is refused with its path, what is only warned of. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ExternalPluginType, readDescription } from '../../../sandbox/config/pluginTypes';
import { readKongYml } from '../../../sandbox/config/readKongYml';
import { BUNDLED_TYPES } from '../../../sandbox/plugins/bundledTypes';
import { instanceConfigOf } from '../../../sandbox/plugins/pluginRunner';

const FIELDS = [
  { stream: { type: 'string', required: true } },
  { region: { type: 'string', referenceable: true } },
  { key: { type: 'string', default: 'user_id' } },
  { size: { type: 'integer', between: [1, 10], default: 5 } },
  { mode: { type: 'string', one_of: ['a', 'b'], referenceable: true } },
  { names: { type: 'map', keys: { type: 'string' }, values: { type: 'string' } } },
  { list: { type: 'array', elements: { type: 'string' } } },
  { regions: { type: 'array', elements: { type: 'string', referenceable: true } } },
  { inner: { type: 'record', required: true, fields: [{ on: { type: 'boolean', default: true } }] } },
  { outer: { type: 'record', fields: [{ on: { type: 'boolean', default: true } }] } },
];

function describePlugin(fields: unknown = FIELDS, phases = ['access']): unknown {
  const Schema = { name: 'ext', fields: [{ config: { type: 'record', fields } }] };
  return {
    Protocol: 'ProtoBuf:1',
    Plugins: [{ Name: 'ext', Version: '1', Priority: 750, Phases: phases, Schema }],
  };
}

function read(yaml: string, env: Record<string, string> = {}) {
  const warnings: string[] = [];
  const warn = (path: string, what: string) => warnings.push(`${path}: ${what}`);
  const ext: ExternalPluginType = readDescription({ socketPath: '/s', description: describePlugin() }, warn);
  const types = new Map([...BUNDLED_TYPES, ext].map((type) => [type.name, type]));
  return { ...readKongYml(yaml, 'kong.yml', { types, env, warn }), warnings };
}

const onRoute = (plugin: string, route = '') => `
_format_version: "3.0"
services:
  - name: s
    url: http://h.test:81/base
    routes:
      - name: r
        paths: [/a]
        ${route}
        plugins:
          - ${plugin}
`;

test('the kong.yml of this project is taken without a warning about its shape', () => {
  const text = readFileSync('kong.yml', 'utf8').replaceAll('name: kinesis-ingest', 'name: ext');
  const { routes, plugins, warnings } = read(text.replace(/ *endpoint: .*\n/, ''), {
    AWS_REGION: 'eu-west-1',
  });
  expect(warnings).toEqual([]);
  expect(routes).toMatchObject([{ paths: ['/events'], methods: ['POST', 'OPTIONS'], uncheckedRules: [] }]);
  expect(plugins.map(({ type }) => type.name)).toEqual([
    'ext',
    'cors',
    'request-size-limiting',
    'rate-limiting',
  ]);
  expect(plugins.every(({ instanceName }) => instanceName !== undefined)).toBe(true);
});

test('a url is taken apart, and a route has Kong’s defaults', () => {
  const { services, routes } = read(onRoute('{name: ext, config: {stream: s}}'));
  expect(services[0]).toMatchObject({ protocol: 'http', host: 'h.test', port: 81, path: '/base' });
  expect(routes[0]).toMatchObject({ stripPath: true, preserveHost: false });
});

test('a plugin’s configuration is completed by its schema and carries Kong’s own keys', () => {
  const { plugins, services, routes } = read(onRoute('{name: ext, config: {stream: s}}'));
  const json = JSON.parse(String(instanceConfigOf(plugins[0]!).json()));
  expect(json).toMatchObject({
    stream: 's',
    region: null,
    key: 'user_id',
    size: 5,
    mode: null,
    inner: { on: true },
    outer: null,
    route_id: routes[0]!.id,
    __plugin_id: plugins[0]!.id,
    __seq__: 1,
  });
  expect(json.__key__).toMatch(new RegExp(`^plugins:ext:${routes[0]!.id}::::[0-9a-f-]{36}$`));
  expect(json).not.toHaveProperty('service_id');
  expect(services[0]!.id).toMatch(/^[0-9a-f-]{36}$/);
});

describe('a vault reference', () => {
  test.each([
    ['becomes what its variable holds', '{vault://env/aws-region}', 'eu-west-1', []],
    [
      'is empty, with a warning, when the variable is unset',
      '{vault://env/no-such}',
      '',
      ['NO_SUCH is not set'],
    ],
    ['to another vault is empty, with a warning', '{vault://aws/x}', '', ['{vault://env/name} only']],
  ])('%s', (_title, reference, expected, warned) => {
    const { plugins, warnings } = read(onRoute(`{name: ext, config: {stream: s, region: "${reference}"}}`), {
      AWS_REGION: 'eu-west-1',
    });
    expect(plugins[0]!.config.region).toBe(expected);
    expect(plugins[0]!.stored.region).toBe(reference);
    expect(warnings).toHaveLength(warned.length);
    for (const [i, text] of warned.entries()) expect(warnings[i]).toContain(text);
  });

  test('is checked against its field no sooner than Kong does: as it stands, anything goes', () => {
    const { plugins } = read(onRoute('{name: ext, config: {stream: s, mode: "{vault://env/mode}"}}'), {
      MODE: 'b',
    });
    expect(plugins[0]!.config.mode).toBe('b');
  });

  test('is found in a list', () => {
    const { plugins } = read(onRoute('{name: ext, config: {stream: s, regions: ["{vault://env/a}"]}}'), {
      A: 'eu-west-1',
    });
    expect(plugins[0]!.config.regions).toEqual(['eu-west-1']);
  });
});

const CONFIG = 'services[0].routes[0].plugins[0].config';

describe('is refused, with the field', () => {
  test.each([
    ['no YAML, with line and column', 'a: [b\nc: d', /^kong\.yml: .*at line 2, column \d+$/],
    ['a list', '- a', /^kong\.yml: expected a mapping/],
    ['no version', 'services: []', /^_format_version: required field missing$/],
    ['a number as version', '_format_version: 3.0', /^_format_version: expected a string$/],
    [
      'a service without a host',
      '_format_version: "3.0"\nservices: [{name: s}]',
      /^services\[0\]\.host: required/,
    ],
    ['a missing field', onRoute('{name: ext, config: {}}'), `${CONFIG}.stream: required field missing`],
    ['an unknown field', onRoute('{name: ext, config: {stream: s, x: 1}}'), `${CONFIG}.x: unknown field`],
    [
      'an empty string',
      onRoute('{name: ext, config: {stream: ""}}'),
      `${CONFIG}.stream: length must be at least 1`,
    ],
    [
      'a fraction',
      onRoute('{name: ext, config: {stream: s, size: 1.5}}'),
      `${CONFIG}.size: expected an integer`,
    ],
    [
      'a size out of range',
      onRoute('{name: ext, config: {stream: s, size: 11}}'),
      `${CONFIG}.size: value should be between 1 and 10`,
    ],
    [
      'another choice',
      onRoute('{name: ext, config: {stream: s, mode: c}}'),
      `${CONFIG}.mode: expected one of: a, b`,
    ],
    [
      'a number in a map',
      onRoute('{name: ext, config: {stream: s, names: {k: 1}}}'),
      `${CONFIG}.names.k: expected a string`,
    ],
    [
      'a number in a list',
      onRoute('{name: ext, config: {stream: s, list: [a, 1]}}'),
      `${CONFIG}.list[1]: expected a string`,
    ],
    [
      'a reference that Kong would not resolve',
      onRoute('{name: ext, config: {stream: "{vault://env/x}"}}'),
      `${CONFIG}.stream: {vault://env/x} would not be resolved`,
    ],
    [
      'a plugin that does not stand on what it is for',
      `${onRoute('{name: ext, config: {stream: s}}')}\nplugins: [{name: cors, service: s}]`,
      /^plugins\[0\]\.service: the sandbox takes a plugin of a service only where it stands on it/,
    ],
    [
      'limits that contradict',
      onRoute('{name: rate-limiting, config: {second: 5, minute: 4}}'),
      /The limit for minute\(4\) cannot be lower/,
    ],
    ['no limit', onRoute('{name: rate-limiting, config: {}}'), /at least one of these fields/],
    [
      'a path that is none',
      onRoute('{name: ext, config: {stream: s}}', 'hosts: []').replace('/a', 'a'),
      'services[0].routes[0].paths[0]',
    ],
    [
      'one plugin twice',
      onRoute('{name: ext, config: {stream: s}}\n          - {name: ext, config: {stream: s}}'),
      /is there twice/,
    ],
  ])('%s', (_what, yaml, message) => {
    expect(() => read(yaml)).toThrow(message);
  });
});

describe('is named in a warning', () => {
  test.each([
    [
      'a key of a service',
      onRoute('{name: ext, config: {stream: s}}').replace('url:', 'tls_verify_depth: 3\n    url:'),
      'services[0].tls_verify_depth',
    ],
    ['a key of the file', `${onRoute('{name: ext, config: {stream: s}}')}\nconsumers: []`, 'consumers'],
    ['a plugin of a consumer', onRoute('{name: cors, consumer: c}'), 'cors is left out'],
    ['a policy', onRoute('{name: rate-limiting, config: {second: 1, policy: redis}}'), 'config.policy'],
  ])('%s', (_what, yaml, text) => {
    expect(read(yaml).warnings.join('\n')).toContain(text);
  });

  test.each<[string, string, string?]>([
    ['headers', 'headers: {x: ["1"]}'],
    ['hosts', 'hosts: [h.test, "*.test"]'],
    ['protocols', 'protocols: [https]'],
    ['paths', '', '[/a, ~/b]'],
  ])('a rule of a route that the sandbox cannot check: %s', (rule, yaml, paths = '[/a]') => {
    const text = onRoute('{name: ext, config: {stream: s}}', yaml).replace('[/a]', paths);
    const { routes, warnings } = read(text);
    expect(routes[0]!.uncheckedRules).toEqual([rule]);
    expect(warnings[0]).toContain(`services[0].routes[0].${rule}: the sandbox cannot check`);
  });

  test('a plugin that the sandbox lacks, which then stands for a refusal', () => {
    const { plugins, warnings } = read(onRoute('{name: key-auth, config: {key_names: [k]}}'));
    expect(warnings[0]).toContain('services[0].routes[0].plugins[0]: the sandbox has no plugin "key-auth"');
    expect(plugins[0]).toMatchObject({ type: { refusal: 'the sandbox has no plugin "key-auth"' } });
  });

  test.each([
    ['log', undefined],
    ['rewrite', 'the sandbox does not run phase rewrite of ext'],
  ])('a phase that the sandbox does not run: %s', (phase, refusal) => {
    const warnings: string[] = [];
    const description = describePlugin(FIELDS, ['access', 'response', phase]);
    const type = readDescription({ socketPath: '/s', description }, (_path, what) => warnings.push(what));
    expect(warnings).toEqual([`the sandbox does not run phase ${phase} of ext`]);
    expect(type.refusal).toBe(refusal);
  });

  test('an attribute of a schema that the sandbox does not check', () => {
    const warnings: string[] = [];
    const description = describePlugin([{ a: { type: 'string', starts_with: 'x' } }]);
    readDescription({ socketPath: '/s', description }, (path, what) => warnings.push(`${path}: ${what}`));
    expect(warnings).toEqual([expect.stringContaining('"starts_with"')]);
  });
});

test('tls_verify is taken on an https service and refused on any other, as in Kong', () => {
  const service = (url: string) =>
    `_format_version: "3.0"\nservices:\n  - {name: s, url: "${url}", tls_verify: true}\n`;
  expect(read(service('https://h.test')).warnings).toEqual([]);
  expect(() => read(service('http://h.test'))).toThrow("tls_verify: can be set only with protocol 'https'");
});
