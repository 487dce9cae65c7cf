import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json';
import * as plugin from '../../../plugins/kinesis-ingest';
import { Schema } from '../../../plugins/kinesis-ingest/schema';
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

  it.each(fields.map(([field]) => field!))('gives %s a type and a description', (_, field) => {
    expect(field.type).toMatch(/^(string|integer|boolean|map|array)$/);
    expect(field.description).toMatch(/\.$/);
  });

  it('encrypts each secret and lets a vault hold it', () => {
    const secrets = fields.flatMap(([field]) => (field![1].encrypted ? [field![0]] : []));
    expect(secrets).toEqual(['partition_key_salt', 'access_key_id', 'secret_access_key', 'session_token']);
    for (const [field] of fields) if (field![1].encrypted) expect(field![1].referenceable).toBe(true);
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
