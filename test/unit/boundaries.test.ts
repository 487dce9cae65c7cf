/** Which folder may import which, and that nothing is imported in a circle. */

import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const { dependencies, files } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  dependencies: Record<string, string>;
  files: string[];
};

/** Without the front, which is Lua. */
const shipped = files
  .filter((file) => file.startsWith('dist/') && file !== 'dist/front/kong')
  .map((file) => file.slice('dist/'.length));

interface Import {
  /** The importing file, `folder/name.ts`. */
  by: string;
  /** A package's name, or a file of the repository without its extension: `./folder/name`. */
  from: string;
  isType: boolean;
}

/** What a folder's sources import. */
function importsOf(folder: string): Import[] {
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file));
  return sources.flatMap((by) =>
    [...readFileSync(by, 'utf8').matchAll(/^(?:import|export)( type\b)?[^;]*? from '([^']*)'/gm)].map(
      ([, type, from]) => ({
        by,
        from: from!.startsWith('.')
          ? `./${path.join(path.dirname(by), from!)}`
          : /^(?:@[^/]+\/)?[^/]+/.exec(from!)![0],
        isType: type !== undefined,
      }),
    ),
  );
}

/** What a folder needs when it runs. */
function neededBy(folder: string): string[] {
  return [...new Set(importsOf(folder).flatMap(({ from, isType }) => (isType ? [] : from)))];
}

it('plugins and plugin server are shipped', () => {
  expect(shipped).toEqual(expect.arrayContaining(['plugins', 'pluginserver']));
  expect(neededBy('plugins')).toContain('pino');
});

// An image is built without the development dependencies. The tracker is a bundle, with what it needs inside.
it.each(shipped.filter((folder) => folder !== 'tracker'))(
  '%s imports only packages that are installed in production',
  (folder) => {
    const packages = neededBy(folder).filter(
      (from) => !/^(?:\.|node:)/.test(from) && !builtinModules.includes(from),
    );
    expect(packages.filter((name) => !(name in dependencies))).toEqual([]);
  },
);

it.each(shipped)('%s imports only files that are shipped too', (folder) => {
  const foreign = neededBy(folder).filter(
    (from) => from.startsWith('./') && !shipped.some((other) => from.startsWith(`./${other}/`)),
  );
  expect(foreign).toEqual([]);
});

it('the sandbox knows nothing of the view', () => {
  expect(neededBy('sandbox').filter((from) => from.startsWith('./view/'))).toEqual([]);
});

// The plugins also run on the stock plugin server, and ours runs any plugin.
it.each(['plugins', 'pluginserver', 'tracker'])('%s imports no other folder, but for types', (folder) => {
  const own = neededBy(folder).filter((from) => from.startsWith('./'));
  expect(own).not.toEqual([]);
  expect(own.filter((from) => !from.startsWith(`./${folder}/`))).toEqual([]);
});

it('the plugins know nothing of the plugin server but the types of the PDK', () => {
  const foreign = importsOf('plugins').filter(({ from }) => /^\.\/(?!plugins\/)/.test(from));
  expect(foreign.filter(({ from, isType }) => !isType || from !== './pluginserver/pdk')).toEqual([]);
});

/** Files that import each other, types included, in the order of the arrows; undefined where there are none. */
function circleIn(folder: string): string[] | undefined {
  const arrows = new Map<string, string[]>();
  for (const { by, from } of importsOf(folder)) {
    const file = `./${by.replace(/(\/index)?\.ts$/, '')}`;
    arrows.set(file, [...(arrows.get(file) ?? []), from]);
  }
  const done = new Set<string>();
  function visit(file: string, way: readonly string[]): string[] | undefined {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const from of arrows.get(file) ?? []) {
      const circle = visit(from, [...way, file]);
      if (circle !== undefined) return circle;
    }
    done.add(file);
    return undefined;
  }
  for (const file of arrows.keys()) {
    const circle = visit(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

it.each(['plugins', 'pluginserver', 'sandbox', 'testkit', 'tools', 'tracker', 'load', 'view', 'examples'])(
  'there is no circle of imports in %s',
  (folder) => {
    expect(circleIn(folder)).toBeUndefined();
  },
);

/** The folders of kinesis-ingest in the order of a request's way, and what each may import besides itself. */
const LAYERS: [folder: string, mayImport: string[]][] = [
  ['json', []],
  ['config', []],
  ['request', ['config', 'refusals', 'turns']],
  ['contracts', ['config', 'metrics']],
  ['events', ['json', 'config', 'contracts', 'request', 'refusals']],
  ['kinesis', ['json', 'config', 'events', 'refusals', 'metrics', 'clock']],
  ['send', ['config', 'request', 'events', 'kinesis', 'refusals', 'metrics', 'turns', 'clock']],
  ['answer', ['config', 'events', 'kinesis', 'send', 'refusals', 'metrics']],
];

describe('the folders of kinesis-ingest', () => {
  const INGEST = 'plugins/kinesis-ingest';
  const folderOf = (file: string) => path.relative(INGEST, file).split('/')[0]!.replace(/\.ts$/, '');
  const within = importsOf(INGEST).filter(({ from }) => from.startsWith(`./${INGEST}/`));
  const arrowsFrom = (folder: string) => [
    ...new Set(within.filter(({ by }) => folderOf(by) === folder).map(({ from }) => folderOf(from))),
  ];

  it('are all of its folders', () => {
    const folders = readdirSync(INGEST, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual(LAYERS.map(([folder]) => folder).sort());
  });

  it.each(LAYERS)('%s imports only %j', (folder, mayImport) => {
    expect(
      arrowsFrom(folder)
        .filter((other) => other !== folder)
        .sort(),
    ).toEqual([...mayImport].sort());
  });

  it('leave refusals and metrics below them', () => {
    expect([arrowsFrom('refusals'), arrowsFrom('metrics')]).toEqual([[], ['refusals']]);
  });

  it('have credentials that take nothing but types from the configuration', () => {
    const taken = within.filter(
      ({ by, from }) => by.includes('/credentials/') && from.startsWith(`./${INGEST}/config/`),
    );
    expect(taken).not.toEqual([]);
    expect(taken.filter(({ isType }) => !isType)).toEqual([]);
  });
});
