/** deploy/Dockerfile by a linter, and against what it builds from. */

import { existsSync, readFileSync } from 'node:fs';
import { validate } from 'dockerfile-utils';
import { expect, test } from 'vitest';

const dockerfile = readFileSync('deploy/Dockerfile', 'utf8');

test('has no fault that the linter knows', () => {
  expect(
    validate(dockerfile).map(({ message, range }) => `line ${range.start.line + 1}: ${message}`),
  ).toEqual([]);
});

test('builds on an image of an exact version, or on one that is named', () => {
  expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-slim$/m);
  const images = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image!);
  expect(images.join(' ')).toMatch(/^\$\{NODE_IMAGE\}( \$\{NODE_IMAGE\}){2}$/);
});

test('copies only what is there and not left out by .dockerignore', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names]) =>
    names!.split(' '),
  );
  const letIn = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'));
  expect(copied.length).toBeGreaterThan(3);
  for (const name of copied) {
    expect(existsSync(name), name).toBe(true);
    expect(letIn, name).toContain(`!${name}`);
  }
});

test('doesn’t run as root', () => {
  expect(dockerfile).toMatch(/^USER node$/m);
});
