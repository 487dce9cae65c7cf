/** The plugin servers that are compared, each a process of its own. */

import path from 'node:path';
import { V8_FLAGS } from '../../pluginserver/v8Flags';
import { startChild } from '../../testkit/childProcess';
import { TEST_CREDENTIALS_ENV } from '../../testkit/keys';
import { compiled } from '../../testkit/packageRoot';
import { untilListening } from '../../testkit/pluginServer';
import { frontKongSide } from './frontKongSide';
import type { KongSide } from './kongSide';
import { msgpackKongSide } from './msgpackKongSide';
import { protobufKongSide } from './protobufKongSide';

export type ServerName = 'stock' | 'ours';

/** How Kong talks to a server: its two protocols, or the front's frames. */
export type Way = 'msgpack' | 'protobuf' | 'front';

export interface BenchServer {
  pid: number;
  socketPath: string;
  /** Kong's side for at most so many events at once. */
  connect(way: Way, concurrency: number): Promise<KongSide>;
  stop(): Promise<void>;
}

const PLUGIN = 'kinesis-ingest';

/**
 * @param folder for its socket
 * @param args more arguments, of ours alone
 * @param plugin the compiled plugin's folder; kinesis-ingest of this build unless said, which the stock server always runs
 * @throws Error with the server's own words
 */
export async function startServer(
  name: ServerName,
  folder: string,
  {
    dist = compiled('.'),
    plugin = path.join(dist, 'plugins', PLUGIN),
    args: more = [],
  }: { dist?: string; plugin?: string; args?: readonly string[] } = {},
): Promise<BenchServer> {
  const socketPath = path.join(folder, `${name}.sock`);
  const [script, ...args] =
    name === 'ours'
      ? [
          path.join(dist, 'pluginserver/main.js'),
          ...['--plugin', plugin, '--socket', socketPath, '--log-level', 'error'],
          ...more,
        ]
      : [
          require.resolve('kong-pdk/bin/kong-js-pluginserver'),
          ...['-d', path.join(dist, 'plugins'), '-p', folder, '--sock-name', path.basename(socketPath)],
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
    pid: child.pid,
    socketPath,
    connect: async (way, concurrency) => {
      if (way === 'msgpack') return msgpackKongSide(socketPath, concurrency);
      return way === 'front' ? frontKongSide(socketPath, concurrency) : protobufKongSide(socketPath);
    },
    stop: () => child.stop(),
  };
}
