import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json';
import * as ingest from '../../../plugins/kinesis-ingest';
import * as plugin from '../../../plugins/kinesis-reply';

describe('what the plugin tells Kong of itself', () => {
  it('is its name, its place among other plugins, and the package’s version', () => {
    expect(plugin).toMatchObject({ Name: 'kinesis-reply', Priority: 740, Version: packageJson.version });
    expect(plugin.Priority).toBeLessThan(ingest.Priority);
  });

  it('is that it handles the response phase and no other', () => {
    const phases = ['certificate', 'rewrite', 'access', 'response', 'preread', 'log'] as const;
    const { prototype } = plugin.Plugin as unknown as { prototype: Record<string, unknown> };
    expect(phases.filter((phase) => typeof prototype[phase] === 'function')).toEqual(['response']);
  });

  it('is a schema that survives the way to Kong as JSON', () => {
    expect(JSON.parse(JSON.stringify(plugin.Schema))).toEqual(plugin.Schema);
    expect(plugin.Schema).toEqual([
      {
        retry_after: {
          type: 'integer',
          default: 1,
          between: [1, 3600],
          description: expect.stringMatching(/\.$/),
        },
      },
    ]);
  });
});
