import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json';
import * as plugin from '../../../plugins/kinesis-ingest';
import { Schema } from '../../../plugins/kinesis-ingest/config/schema';
import { fillRecord, type RecordFields } from '../../../sandbox/config/schema';
import { pluginConfig } from '../../support/plugin/examples';

describe('what the plugin tells Kong of itself', () => {
  it('is its name, its place among other plugins, and the package’s version', () => {
    expect(plugin).toMatchObject({ Name: 'kinesis-ingest', Priority: 750, Version: packageJson.version });
  });

  it('is that it handles the access phase and no other', () => {
    const phases = ['certificate', 'rewrite', 'access', 'response', 'preread', 'log'] as const;
    const { prototype } = plugin.Plugin as unknown as { prototype: Record<string, unknown> };
    expect(phases.filter((phase) => typeof prototype[phase] === 'function')).toEqual(['access']);
  });

  it('is a schema that survives the way to Kong as JSON', () => {
    expect(JSON.parse(JSON.stringify(plugin.Schema))).toEqual(plugin.Schema);
  });
});

describe('the schema', () => {
  const fields = Schema.map((record) => Object.entries(record as Record<string, Record<string, unknown>>));

  it('is a list of records with one field each', () => {
    expect(fields.every((record) => record.length === 1)).toBe(true);
  });

  it('gives each field a type and a description', () => {
    for (const [[name, field]] of fields as [[string, Record<string, unknown>]][]) {
      expect(field.type, name).toMatch(/^(string|integer|boolean|map|array)$/);
      expect(field.description, name).toMatch(/\.$/);
    }
  });

  it('encrypts each secret and lets a vault hold it', () => {
    const secrets = fields.flatMap(([field]) => (field![1].encrypted ? [field![0]] : []));
    expect(secrets).toEqual(['partition_key_salt', 'access_key_id', 'secret_access_key', 'session_token']);
    for (const [field] of fields) if (field![1].encrypted) expect(field![1].referenceable).toBe(true);
  });

  it('has patterns that Lua and JavaScript read alike', () => {
    const patterns = [...JSON.stringify(Schema).matchAll(/"match":("(?:[^"\\]|\\.)*")/g)].map(
      ([, text]) => JSON.parse(text!) as string,
    );
    expect(patterns.length).toBeGreaterThan(5);
    for (const pattern of patterns) {
      const set = /\[\^?(?:[^\]%\\]|%%)+\]/g;
      expect(pattern).toMatch(set);
      expect(pattern.replace(set, '.'), pattern).toMatch(/^\^[a-z:/.+*?]+\$$/);
    }
  });

  const filled = (config: Record<string, unknown>) =>
    fillRecord(Schema as RecordFields, { region: 'us-east-1', stream: 'clickstream', ...config }, 'config');
  const streamRule = (rule: object, stream = 's') => ({
    streams: [{ when: { field: 'type', ...rule }, stream }],
  });

  it.each<[string, Record<string, unknown>]>([
    ['region', { region: 'US-EAST-1' }],
    ['stream', { stream: 'a b' }],
    ['stream', { stream: 'x'.repeat(129) }],
    ['bad_events_stream', { bad_events_stream: 'a/b' }],
    ['streams[0].stream', streamRule({ prefix: 'a' }, 'a b')],
    ['streams[0].when.any_of', streamRule({ any_of: [] })],
    ['endpoint', { endpoint: 'localhost:4566' }],
    ['endpoint', { endpoint: 'http://localhost:4566/path' }],
    ['endpoint', { endpoint: 'http://user:pass@localhost' }],
    ['partition_key_salt', { partition_key_salt: 'fifteen letters' }],
    ['cookie_name', { cookie_name: 'a b' }],
    ['cookie_name', { cookie_name: 'a\\b' }],
    ['cookie_domain', { cookie_domain: 'a;b' }],
  ])('has Kong refuse what the plugin would: %s %j', (field, config) => {
    expect(() => filled(config)).toThrow(`config.${field}: `);
    expect(() => new plugin.Plugin(pluginConfig(config))).toThrow();
  });

  it.each<Record<string, unknown>>([
    { region: '{vault://env/aws-region}', stream: '{vault://env/stream}' },
    { endpoint: 'http://localhost:4566' },
    { endpoint: 'https://vpce-1.kinesis.eu-west-1.vpce.amazonaws.com/' },
    { endpoint: 'http://[::1]:4566' },
    { stream: 'click_stream-2.eu' },
    { cookie_name: "!#$%&'*+-.^_`|~aZ9", cookie_domain: '.shop.example.com' },
    { partition_key_salt: '0123456789abcdef' },
  ])('has Kong take %j', (config) => {
    expect(() => filled(config)).not.toThrow();
  });

  it('has defaults that the plugin accepts, and that its own rules allow', () => {
    const defaults = Object.fromEntries(
      fields.flatMap(([field]) => ('default' in field![1] ? [[field![0], field![1].default]] : [])),
    );
    expect(() => new plugin.Plugin(pluginConfig(defaults))).not.toThrow();
    for (const [field] of fields) {
      const { default: value, one_of, between } = field![1] as Record<string, never>;
      if (value !== undefined && one_of !== undefined) expect(one_of).toContain(value);
      if (between !== undefined) {
        expect(value).toBeGreaterThanOrEqual(between[0]);
        expect(value).toBeLessThanOrEqual(between[1]);
      }
    }
  });
});
