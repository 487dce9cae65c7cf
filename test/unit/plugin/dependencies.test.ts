import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { expect, it } from 'vitest';

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  dependencies: Record<string, string>;
};

/** Packages that the sources of a folder import, but for types alone. */
function packagesOf(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const names = files.flatMap((file) => {
    const source = readFileSync(`${folder}/${file}`, 'utf8');
    return [...source.matchAll(/^(?:import|export)(?! type\b)[^;]*? from '([^'.][^']*)'/gm)].map(
      ([, name]) => /^(?:@[^/]+\/)?[^/]+/.exec(name!)![0],
    );
  });
  return [...new Set(names)].filter((name) => !name.startsWith('node:') && !builtinModules.includes(name));
}

// An image is built without the development dependencies.
it.each(['plugins', 'pluginserver'])('%s imports only what is installed in production', (folder) => {
  const imported = packagesOf(folder);
  expect(imported).toContain('pino');
  expect(imported.filter((name) => !(name in dependencies))).toEqual([]);
});
