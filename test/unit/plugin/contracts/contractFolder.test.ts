/** The folder of contracts while it changes. */

import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openContracts } from '../../../../plugins/kinesis-ingest/contracts/contractFolder';
import {
  MAX_FILE_BYTES,
  MAX_FILES,
  readFolder,
} from '../../../../plugins/kinesis-ingest/contracts/readFolder';
import { contractFolderForTest, PRODUCT_ADDED, writeContracts } from '../../../support/contractFiles';
import { capturedLog } from '../../../support/plugin/capturedLog';
import { until } from '../../../support/until';

const version = (number: number) => ({ ...PRODUCT_ADDED, 'x-version': number });
const FILE = 'product-added.json';

async function opened(folder: string) {
  const { log, entries } = capturedLog();
  const contracts = await openContracts(folder, { log, lookEveryMs: 10 });
  return {
    contracts,
    entries,
    untilVersion: (number: number) =>
      until(
        `version ${number} is in force`,
        () => contracts.current.find('Product Added')?.version === number,
      ),
  };
}

describe('a folder of contracts', () => {
  it('is read again when a file changes, is added or goes', async () => {
    const folder = contractFolderForTest({ [FILE]: version(1) });
    const { contracts, entries, untilVersion } = await opened(folder);
    const before = contracts.loadedAt;
    writeContracts(folder, { [FILE]: version(2) });
    await untilVersion(2);
    writeContracts(folder, { 'inner/more.json': version(3) });
    await untilVersion(3);
    rmSync(path.join(folder, 'inner'), { recursive: true });
    await untilVersion(2);
    expect(contracts.loadedAt).toBeGreaterThanOrEqual(before);
    expect(entries.map(({ msg }) => msg)).toEqual([
      'contracts loaded',
      ...Array(3).fill('contracts loaded again'),
    ]);
  });

  it('is taken once nobody writes to it any more', async () => {
    const folder = contractFolderForTest({ [FILE]: version(1) });
    const { entries, untilVersion } = await opened(folder);
    let writes = 0;
    const writing = setInterval(() => {
      writes++;
      writeFileSync(path.join(folder, FILE), ' '.repeat(writes));
    }, 1);
    await until('it was looked at a few times', () => writes >= 50);
    clearInterval(writing);
    writeContracts(folder, { [FILE]: version(2) });
    await untilVersion(2);
    expect(entries.map(({ msg }) => msg)).toEqual(['contracts loaded', 'contracts loaded again']);
  });

  it('may be a ConfigMap: a link that is set to another folder', async () => {
    const folder = contractFolderForTest({ '..1/product-added.json': version(1) });
    symlinkSync('..1', path.join(folder, '..data'));
    symlinkSync(`..data/${FILE}`, path.join(folder, FILE));
    const { untilVersion } = await opened(folder);
    writeContracts(folder, { '..2/product-added.json': version(2) });
    symlinkSync('..2', path.join(folder, '..data_tmp'));
    renameSync(path.join(folder, '..data_tmp'), path.join(folder, '..data'));
    rmSync(path.join(folder, '..1'), { recursive: true });
    await untilVersion(2);
  });

  it('leaves the former in force where it is broken, and says so once', async () => {
    const folder = contractFolderForTest({ [FILE]: version(1) });
    const { contracts, entries, untilVersion } = await opened(folder);
    writeContracts(folder, { [FILE]: version(2), 'broken.json': '{' });
    await until('it is seen', () => contracts.problem);
    expect(contracts.problem).toMatch(/^broken\.json: is no JSON/);
    // As it was, and broken again: other contents, and so another line.
    writeContracts(folder, { 'broken.json': '{"x-event":' });
    await until('the other fault is seen', () => entries.length === 3);
    expect(contracts.current.find('Product Added')?.version).toBe(1);
    expect(entries.filter(({ level }) => level === 50).map(({ problem }) => problem)).toEqual([
      expect.stringMatching(/^broken\.json: /),
      expect.stringMatching(/^broken\.json: /),
    ]);
    rmSync(path.join(folder, 'broken.json'));
    await untilVersion(2);
    expect(contracts.problem).toBeUndefined();
  });

  it('may go and come back', async () => {
    const folder = contractFolderForTest({ 'inner/a.json': version(1) });
    const inner = path.join(folder, 'inner');
    const { contracts } = await opened(inner);
    renameSync(inner, `${inner}-away`);
    await until('it is missed', () => contracts.problem);
    expect(contracts.problem).toBe(`the folder ${inner} cannot be read: ENOENT`);
    expect(contracts.current.all).toHaveLength(1);
    renameSync(`${inner}-away`, inner);
    await until('it is back', () => contracts.problem === undefined);
  });

  it('is refused at the start where it cannot be taken', async () => {
    await expect(opened('/nowhere')).rejects.toThrow('the folder /nowhere cannot be read: ENOENT');
    await expect(opened(contractFolderForTest({ 'a.json': '{' }))).rejects.toThrow('a.json: is no JSON');
  });

  it('may be empty, and other files may be in it', async () => {
    const folder = contractFolderForTest({ 'README.md': '#', '.draft.json': '{' });
    expect((await opened(folder)).contracts.current.all).toEqual([]);
  });
});

describe('reading a folder', () => {
  it.each([
    [
      'a file that is too large',
      { 'a.json': ' '.repeat(MAX_FILE_BYTES + 1) },
      /^a\.json: has more than 262144 bytes/,
    ],
    [
      'files that are too large together',
      Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`${i}.json`, ' '.repeat(MAX_FILE_BYTES)])),
      /more than 8388608 bytes/,
    ],
    [
      'too many files',
      Object.fromEntries(Array.from({ length: MAX_FILES + 1 }, (_, i) => [`${i}.json`, '{}'])),
      /more than 1000 files/,
    ],
    ['too many folders in each other', { 'a/b/c/d/e/f/g.json': '{}' }, /more than 5 folders deep/],
  ])('refuses %s', async (_, files, message) => {
    await expect(readFolder(contractFolderForTest(files))).rejects.toThrow(message);
  });

  it('refuses what is no file and would never end', async () => {
    const folder = contractFolderForTest();
    symlinkSync('/dev/zero', path.join(folder, 'endless.json'));
    await expect(readFolder(folder)).rejects.toThrow('endless.json: is no file');
  });

  it('ends where a link leads back', async () => {
    const folder = contractFolderForTest();
    mkdirSync(path.join(folder, 'inner'));
    symlinkSync('..', path.join(folder, 'inner/back'));
    await expect(readFolder(folder)).rejects.toThrow('folders deep');
  });
});
