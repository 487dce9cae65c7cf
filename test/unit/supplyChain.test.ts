/** What is installed in production, and from where: read from the lockfile, which `npm ci` alone follows. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  version?: string;
  resolved?: string;
  integrity?: string;
  license?: string;
  dev?: boolean;
  devOptional?: boolean;
  hasInstallScript?: boolean;
  optional?: boolean;
}

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as unknown;
const { packages } = read('package-lock.json') as { packages: Record<string, LockedPackage> };
const manifest = read('package.json') as Manifest;
const installed = Object.entries(packages).filter(([place]) => place !== '');
const inProduction = installed.filter(([, { dev, devOptional }]) => !dev && !devOptional);

/** A registry’s: no repository, nothing without TLS. */
const FROM_REGISTRY = /^https:\/\/[^/]+\/.+\.tgz$/;

/** Permissive, and compatible with this project's Apache-2.0. Others are added here after somebody has read them. */
const ALLOWED_LICENCES = ['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD'];

describe('production dependencies', () => {
  it('are some dozens', () => {
    expect(inProduction.length).toBeGreaterThan(10);
    expect(inProduction.length).toBeLessThan(100);
  });

  it.each(inProduction)('%s has a licence that is allowed', (_, { license }) => {
    expect(ALLOWED_LICENCES).toContain(license);
  });

  it('run no script when they are installed', () => {
    expect(inProduction.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  });
});

describe('the lockfile', () => {
  it('has a hash for every package, and takes none from elsewhere than a registry', () => {
    // npm notes no hash of a tool's binaries for other platforms than the one on which the lockfile was written.
    const odd = installed.filter(
      ([, { resolved, integrity, dev, optional }]) =>
        (resolved !== undefined && !FROM_REGISTRY.test(resolved)) ||
        !((dev && optional) || integrity?.startsWith('sha512-')),
    );
    expect(odd).toEqual([]);
  });

  it('and the manifest name exact versions', () => {
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
      expect(packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
  });

  it('is what everything installs from', () => {
    const recipes = ['.ci/run', 'deploy/Dockerfile', '.github/workflows/ci.yml'].map((file) =>
      readFileSync(file, 'utf8'),
    );
    for (const recipe of recipes) {
      expect(recipe).toMatch(/npm (?:ci|cit)\b/);
      expect(recipe).not.toMatch(/npm (?:i|install|update)\b/);
    }
  });
});
