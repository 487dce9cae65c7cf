/** The two plugin servers that are compared, each a process of its own with the same plugin. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { V8_FLAGS } from '../../pluginserver/v8Flags';
import type { KongSide } from './kongSide';
import { msgpackKongSide } from './msgpackKongSide';
import { protobufKongSide } from './protobufKongSide';

export type ServerName = 'stock' | 'ours';

export interface BenchServer {
  name: ServerName;
  pid: number;
  /** Kong's side for at most so many events at once. */
  connect(concurrency: number): Promise<KongSide>;
  stop(): Promise<void>;
}

const DIST = path.resolve(__dirname, '../..');
const START_TIMEOUT_MS = 15_000;

/** @param dist the build that runs; this one unless said */
export async function startServer(name: ServerName, folder: string, dist = DIST): Promise<BenchServer> {
  const socketPath = path.join(folder, `${name}.sock`);
  const plugins = path.join(dist, 'plugins');
  const args =
    name === 'ours'
      ? [
          ...V8_FLAGS,
          path.join(dist, 'pluginserver/main.js'),
          ...[
            '--plugin',
            path.join(plugins, 'kinesis-ingest'),
            '--socket',
            socketPath,
            '--log-level',
            'error',
          ],
        ]
      : [
          require.resolve('kong-pdk/bin/kong-js-pluginserver'),
          ...['-d', plugins, '-p', folder, '--sock-name', path.basename(socketPath)],
        ];
  const child = spawn(process.execPath, args, {
    env: {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example-secret',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    await waitForSocket(name, child, socketPath);
  } catch (error) {
    child.kill();
    throw error;
  }
  return {
    name,
    pid: child.pid!,
    connect: async (concurrency) =>
      name === 'ours' ? protobufKongSide(socketPath) : msgpackKongSide(socketPath, concurrency),
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function waitForSocket(name: string, child: ChildProcess, socketPath: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!existsSync(socketPath)) {
    if (child.exitCode !== null) throw new Error(`the ${name} plugin server ended with ${child.exitCode}`);
    if (Date.now() > deadline)
      throw new Error(`the ${name} plugin server did not listen in ${START_TIMEOUT_MS} ms`);
    await delay(20);
  }
}
