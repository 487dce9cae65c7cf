/** What a load test runs against where it is given no gateway: a sandbox or a Kong, a plugin server, a Kinesis, a process each. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TEST_CREDENTIALS_ENV } from '../testkit/keys';
import { startKinesisProcess } from '../testkit/kinesis/process';
import type { KinesisStats } from '../testkit/kinesis/startKinesis';
import { compiled } from '../testkit/packageRoot';
import { startPluginServer } from '../testkit/pluginServer';
import { type PluginConfig, startLoadGateway } from './gateway';

export interface Stack {
  url: string;
  /** Process ids by what they are. */
  pids: Record<string, number>;
  /** What has reached Kinesis. */
  stats(): Promise<KinesisStats>;
  stop(): Promise<void>;
}

const VERIFIED_PER_SECOND = 1_000;

/** @param config beside what kong.yml says of the plugin @param kongBin a Kong binary; undefined for the sandbox */
export async function startStack(config: PluginConfig, kongBin: string | undefined): Promise<Stack> {
  const socketDir = mkdtempSync(path.join(tmpdir(), 'load-'));
  const started: { stop(): Promise<void> }[] = [];
  async function stop(): Promise<void> {
    for (const piece of started.reverse()) await piece.stop();
    rmSync(socketDir, { recursive: true, force: true });
  }
  try {
    const kinesis = await startKinesisProcess({ verifiedPerSecond: VERIFIED_PER_SECOND });
    started.push(kinesis);
    const pluginServer = await startPluginServer({
      plugins: [compiled('plugins/kinesis-ingest')],
      socketDir,
      env: { PATH: process.env.PATH, ...TEST_CREDENTIALS_ENV },
    });
    started.push(pluginServer);
    const gateway = await startLoadGateway({
      pluginServers: pluginServer.entries,
      config: { ...config, endpoint: kinesis.url },
      kongBin,
    });
    started.push(gateway);
    const pids = {
      ...(gateway.pid !== undefined && { gateway: gateway.pid }),
      'plugin server': pluginServer.pid,
      Kinesis: kinesis.pid,
    };
    return { url: gateway.url, pids, stats: kinesis.functions.stats, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
