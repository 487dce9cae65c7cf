/** The container engine of `.ci/engine`, through its command line. */

import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { needs } from './needs';

/** An image with node, npm, HAProxy and a user `node`: the tests pull nothing. */
export const BASE_IMAGE = process.env.ENGINE_IMAGE ?? '';

export const needsEngine = needs(BASE_IMAGE !== '', 'a container engine (.ci/engine)');

/** @returns what it prints, without the last line break. @throws Error with its standard error */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return stdout.trimEnd();
}

/** What these tests have made; what isn't there any more is passed over. */
export function remove(kind: 'container' | 'network' | 'volume', names: readonly string[]): void {
  for (const name of names) {
    try {
      execFileSync('docker', [kind, 'rm', ...(kind === 'network' ? [] : ['--force']), name], {
        stdio: 'ignore',
      });
    } catch {}
  }
}

/** Where a container's port is published on this host's loopback. */
export async function publishedUrl(container: string, port: number): Promise<string> {
  return `http://${(await docker('port', container, String(port))).split('\n')[0]}`;
}
