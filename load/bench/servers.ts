/** The plugin servers that are compared, each a process of its own with the same plugin. */

import path from 'node:path';
import { V8_FLAGS } from '../../pluginserver/v8Flags';
import { startChild } from '../../testkit/childProcess';
import { TEST_CREDENTIALS_ENV } from '../../testkit/keys';
import { compiled } from '../../testkit/packageRoot';
import { untilListening } from '../../testkit/pluginServer';
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

/** @param dist the build that runs; this one unless said. @throws Error with the server's own words */
export async function startServer(
  name: ServerName,
  folder: string,
  dist = compiled('.'),
): Promise<BenchServer> {
  const socketPath = path.join(folder, `${name}.sock`);
  const plugins = path.join(dist, 'plugins');
  const [script, ...args] =
    name === 'ours'
      ? [
          path.join(dist, 'pluginserver/main.js'),
          ...['--plugin', path.join(plugins, 'kinesis-ingest')],
          ...['--socket', socketPath, '--log-level', 'error'],
        ]
      : [
          require.resolve('kong-pdk/bin/kong-js-pluginserver'),
          ...['-d', plugins, '-p', folder, '--sock-name', path.basename(socketPath)],
        ];
  const child = startChild(script!, {
    args,
    nodeArgs: name === 'ours' ? V8_FLAGS : [],
    env: { PATH: process.env.PATH, ...TEST_CREDENTIALS_ENV },
  });
  const ended = child.exited.then((how) => {
    throw new Error(`the ${name} plugin server ended (${how}): ${child.lastWords()}`);
  });
  await Promise.race([untilListening(socketPath), ended]).catch(async (error) => {
    await child.stop();
    throw error;
  });
  ended.catch(() => undefined);
  return {
    name,
    pid: child.pid,
    connect: async (concurrency) =>
      name === 'ours' ? protobufKongSide(socketPath) : msgpackKongSide(socketPath, concurrency),
    stop: () => child.stop(),
  };
}
