/** What is shipped runs with what is shipped: its own folders and the production dependencies. */

import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const { dependencies, files } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  dependencies: Record<string, string>;
  files: string[];
};

const shipped = files.filter((file) => file.startsWith('dist/')).map((file) => file.slice('dist/'.length));

/** Carried by the tracker's entry that uses it. */
const BUNDLED = ['web-vitals'];

/** What a folder's sources import, but for types alone: packages by name, files by their place in the repository. */
function importsOf(folder: string): string[] {
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const imported = sources.flatMap((file) => {
    const source = readFileSync(`${folder}/${file}`, 'utf8');
    return [...source.matchAll(/^(?:import|export)(?! type\b)[^;]*? from '([^']*)'/gm)].map(([, from]) =>
      from!.startsWith('.')
        ? `./${path.join(folder, path.dirname(file), from!)}`
        : /^(?:@[^/]+\/)?[^/]+/.exec(from!)![0],
    );
  });
  return [...new Set(imported)];
}

it('plugins and plugin server are shipped', () => {
  expect(shipped).toEqual(expect.arrayContaining(['plugins', 'pluginserver']));
  expect(importsOf('plugins')).toContain('pino');
});

describe.each(shipped)('%s', (folder) => {
  const imported = importsOf(folder);

  // An image is built without the development dependencies.
  it('imports only packages that are installed in production', () => {
    const packages = imported.filter((from) => !/^(?:\.|node:)/.test(from) && !builtinModules.includes(from));
    expect(packages.filter((name) => !(name in dependencies) && !BUNDLED.includes(name))).toEqual([]);
  });

  it('imports only files that are shipped too', () => {
    const foreign = imported.filter(
      (from) => from.startsWith('./') && !shipped.some((other) => from.startsWith(`./${other}/`)),
    );
    expect(foreign).toEqual([]);
  });
});

// The plugins also run on the stock plugin server, and ours runs any plugin.
it.each(['plugins', 'pluginserver', 'tracker'])('%s imports no other folder, but for types', (folder) => {
  const files = importsOf(folder).filter((from) => from.startsWith('./'));
  expect(files).not.toEqual([]);
  expect(files.filter((from) => !from.startsWith(`./${folder}/`))).toEqual([]);
});
