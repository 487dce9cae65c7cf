/** Starts the plugin server as the process that it is. */

import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startChild } from '../../../testkit/childProcess';
import { compiled, PACKAGE_ROOT } from '../../../testkit/packageRoot';
import { until } from '../until';

export interface ServerProcess {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** The lines of standard output so far. @throws on a line that is no JSON. */
  logged(): Record<string, unknown>[];
  /** Resolves with the exit code, or the signal, when the process has ended and its output is complete. */
  ended: Promise<number | NodeJS.Signals | null>;
  untilListening(): Promise<void>;
}

export function testPlugin(name: string): string {
  return path.join(PACKAGE_ROOT, 'test/support/pluginserver/plugins', name);
}

function spawnServer(node: string, args: readonly string[]): ServerProcess {
  const output = { stdout: '', stderr: '' };
  const { process: child } = startChild(compiled('pluginserver/main.js'), {
    args,
    node,
    env: process.env,
    onLine: (line) => (output.stdout += `${line}\n`),
    onErrorLine: (line) => (output.stderr += `${line}\n`),
  });
  const logged = () =>
    output.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    logged,
    ended: new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal))),
    async untilListening() {
      await until('the server listens', () => {
        if (child.exitCode !== null)
          throw new Error(`the server has ended: ${output.stderr}${output.stdout}`);
        return logged().some(({ msg }) => msg === 'plugin server listening');
      });
    },
  };
}

/**
 * A folder for sockets, short enough for a socket's path. The processes are killed when the test is over.
 *
 * @param node the Node.js that runs the servers and their workers
 */
export function workspace(onFinished: (cleanUp: () => void) => void, node = process.execPath) {
  const folder = mkdtempSync(path.join(tmpdir(), 'ps-'));
  const processes: ServerProcess[] = [];
  onFinished(() => {
    for (const { child } of processes) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    socket: path.join(folder, 'p.sock'),
    spawn(...args: string[]): ServerProcess {
      const server = spawnServer(node, args);
      processes.push(server);
      return server;
    },
    async serve(...args: string[]): Promise<ServerProcess> {
      const server = this.spawn('--plugin', testPlugin('probe'), '--socket', this.socket, ...args);
      await server.untilListening();
      return server;
    },
  };
}
