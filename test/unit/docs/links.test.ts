/** The documents as one book: links lead somewhere, and each page says what it is for. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'front/README.md'],
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const MAX_README_WORDS = 900;

const textOf = (page: string) => readFileSync(page, 'utf8').replace(/```.*?```/gs, '');

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function isBroken(page: string, link: string): boolean {
  const [file, anchor] = link.split('#') as [string, string | undefined];
  const target = file === '' ? page : path.join(path.dirname(page), file);
  if (!existsSync(target)) return true;
  return anchor !== undefined && statSync(target).isFile() && !anchorsOf(target).includes(anchor);
}

describe.each(PAGES)('%s', (page) => {
  test('its links lead to files and headings that are there', () => {
    const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
    const own = links.filter((link) => !/^(https?|mailto):/.test(link));
    expect(own.filter((link) => isBroken(page, link))).toEqual([]);
  });
});

test.each(PAGES.filter((page) => page.startsWith('docs/')))('%s opens with what it is for', (page) => {
  expect(readFileSync(page, 'utf8')).toMatch(/^# .+\n\n(?!#|\||```|\n)/);
});

test('README leads to each page of docs/, and is short', () => {
  const readme = readFileSync('README.md', 'utf8');
  const unnamed = PAGES.filter((page) => page.startsWith('docs/') && !readme.includes(`](${page})`));
  expect(unnamed).toEqual([]);
  expect(readme.split(/\s+/).length).toBeLessThan(MAX_README_WORDS);
});
