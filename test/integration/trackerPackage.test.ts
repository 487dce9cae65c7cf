/** The tracker's package as others install it: from its tarball, into an empty project. */

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const { resolve } = createRequire(path.resolve('package.json'));
const TSC = resolve('typescript/bin/tsc');
const VUE_TSC = resolve('vue-tsc/bin/vue-tsc.js');

const USE = `
import { createTracker, type Tracker, type TrackerOptions } from 'clickstream-tracker';
import { createTracker as createBare } from 'clickstream-tracker/bare';
import { clicks, type Source } from 'clickstream-tracker/sources';
import { webVitals } from 'clickstream-tracker/web-vitals';
import { createCore, fetchTransport } from 'clickstream-tracker/core';

interface Events { Ordered: { total: number }; Opened: { topic?: string } }
const endpoint = 'https://collect.example.com/events';
const options: TrackerOptions = { endpoint, consent: 'pending', before: (event) => (event.type === 'page' ? null : event) };
const tracker: Tracker<Events> = createTracker<Events>(options);
tracker.track('Ordered', { total: 1 });
tracker.track('Opened');
// @ts-expect-error a name that there isn't
tracker.track('Order');
// @ts-expect-error a property that is missing
tracker.track('Ordered');
// @ts-expect-error a property of another type
tracker.track('Ordered', { total: '1' });
createTracker({ endpoint }).track('Anything', { at: 'all' });
const own: Source = ({ record }) => record('Own', {});
createBare({ endpoint, sources: [clicks(), webVitals(), own] });
createCore<Events>({ transport: fetchTransport({ endpoint }) }).track('Opened', {});
(window.clickstream ||= []).push(['track', 'Early', {}]);
// @ts-expect-error a method that there isn't
(window.clickstream ||= []).push(['trak', 'Early']);
`;

let project: string;

beforeAll(async () => {
  project = await mkdtemp(path.join(tmpdir(), 'tracker-package-'));
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', project], {
    cwd: 'dist/tracker',
  });
  await writeFile(path.join(project, 'package.json'), '{ "private": true }');
  await run(
    'npm',
    ['install', '--offline', '--no-audit', '--no-fund', path.join(project, packed.stdout.trim())],
    {
      cwd: project,
    },
  );
}, 120_000);

afterAll(() => rm(project, { recursive: true, force: true }));

async function compile(folder: string, compilerOptions: object, tsc = TSC): Promise<void> {
  const config = {
    compilerOptions: {
      ...{ target: 'ES2021', lib: ['ES2021', 'DOM', 'DOM.Iterable'], types: [], strict: true, outDir: 'out' },
      ...compilerOptions,
    },
  };
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
  await run(process.execPath, [tsc, '-p', folder]).catch(({ stdout }: { stdout: string }) => {
    throw new Error(stdout);
  });
}

async function folderWith(name: string, files: Record<string, string>): Promise<string> {
  const folder = path.join(project, name);
  await mkdir(folder);
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(folder, file), text);
  return folder;
}

describe('types', () => {
  test.each([
    ['bundler', 'module', { module: 'ESNext', moduleResolution: 'bundler' }],
    ['node16 from an ES module', 'module', { module: 'Node16', moduleResolution: 'node16' }],
    ['node16 from CommonJS', 'commonjs', { module: 'Node16', moduleResolution: 'node16' }],
    // TypeScript 6 calls it deprecated.
    ['node10', 'commonjs', { module: 'CommonJS', moduleResolution: 'node10', ignoreDeprecations: '6.0' }],
  ])('resolve by %s', async (name, type, options) => {
    const files = { 'package.json': JSON.stringify({ type }), 'use.ts': USE };
    await compile(await folderWith(name.replaceAll(' ', '-'), files), options);
  });
});

test.each([
  ['import', "import('clickstream-tracker/core').then"],
  ['require', "(async () => require('clickstream-tracker/core'))().then"],
])('Node gets it by %s', async (_, load) => {
  const script = `${load}(({ createCore }) => {
    const core = createCore({ transport: async (body) => ({ status: 200, header: () => null, text: '{"SequenceNumber":"1"}' }) });
    core.track('a');
    return core.flush().then(console.log);
  })`;
  const { stdout } = await run(process.execPath, ['-e', script], { cwd: project });
  expect(stdout.trim()).toBe('true');
});

test('a bundle carries only the sources that it names', async () => {
  const bundle = async (contents: string) => {
    const stdin = { contents, resolveDir: project };
    const { outputFiles } = await build({ stdin, bundle: true, minify: true, write: false, format: 'esm' });
    return outputFiles[0]!.text;
  };
  const code = await bundle(`
    import { createTracker } from 'clickstream-tracker/bare';
    import { clicks } from 'clickstream-tracker/sources';
    createTracker({ endpoint: '/events', sources: [clicks()] });`);
  expect(code).toContain('Element Clicked');
  expect(code).not.toMatch(/Playback|Scroll Depth|Form Submitted|Web Vital/);
  expect(await bundle("import 'clickstream-tracker'")).toBe('');
});

test('is light', async () => {
  const gzipped = async (file: string) => gzipSync(await readFile(path.join('dist/tracker', file))).length;
  expect(await gzipped('clickstream.min.js')).toBeLessThanOrEqual(8 * 1024);
  const stdin = {
    contents: "export { createCore, fetchTransport } from 'clickstream-tracker/core'",
    resolveDir: project,
  };
  const core = await build({
    stdin,
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2021',
  });
  expect(gzipSync(core.outputFiles[0]!.text).length).toBeLessThanOrEqual(4 * 1024);
});

test('says what it is, and its files are there', async () => {
  const folder = path.join(project, 'node_modules/clickstream-tracker');
  const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  expect(manifest).toMatchObject({
    license: 'Apache-2.0',
    description: expect.any(String),
    keywords: expect.any(Array),
  });
  for (const file of [
    'README.md',
    'LICENSE',
    manifest.main,
    manifest.module,
    manifest.types,
    manifest.unpkg,
    manifest.jsdelivr,
  ])
    expect((await readFile(path.join(folder, file!), 'utf8')).length).toBeGreaterThan(10);
});

describe('the examples compile', () => {
  const options = {
    module: 'ESNext',
    moduleResolution: 'bundler',
    noEmit: true,
    skipLibCheck: true,
    jsx: 'react-jsx',
  };

  test.each([
    ['react', TSC],
    ['vue', VUE_TSC],
  ])('%s', async (name, tsc) => {
    const folder = path.join(project, `examples-${name}`);
    await cp('examples/tracker', folder, { recursive: true });
    await rm(path.join(folder, name === 'react' ? 'vue' : 'react'), { recursive: true });
    await mkdir(path.join(folder, 'node_modules'));
    for (const library of ['react', 'vue', '@types', '@vue', 'csstype'])
      await symlink(path.resolve('node_modules', library), path.join(folder, 'node_modules', library));
    await compile(folder, { ...options, types: [] }, tsc);
  });
});
