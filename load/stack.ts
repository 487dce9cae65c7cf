/** What a load test runs against where it is given no gateway: sandbox and plugin server before the stand-in. */

import type { StandInStats } from './kinesisStandIn/main';
import { startProcess } from './startProcess';

export interface Stack {
  url: string;
  /** Process ids by what they are. */
  pids: Record<string, number>;
  /** What the stand-in for Kinesis has counted. */
  stats(): Promise<StandInStats>;
  stop(): Promise<void>;
}

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example-secret' };

/** The stand-in for Kinesis as a process of its own. */
export interface KinesisStandIn {
  pid: number;
  url: string;
  stats(): Promise<StandInStats>;
  stop(): Promise<void>;
}

export async function startKinesisStandIn(): Promise<KinesisStandIn> {
  const { pid, firstLine, stop } = await startProcess('kinesisStandIn/main.js', CREDENTIALS);
  const url = `http://127.0.0.1:${firstLine}`;
  return { pid, url, stats: async () => (await fetch(`${url}/stats`)).json() as Promise<StandInStats>, stop };
}

/** @param pluginConfig beside what kong.yml says of the plugin */
export async function startStack(pluginConfig: object = {}): Promise<Stack> {
  const standIn = await startKinesisStandIn();
  try {
    const sandbox = await startProcess('sandboxProcess.js', {
      ...CREDENTIALS,
      KINESIS_ENDPOINT: standIn.url,
      PLUGIN_CONFIG: JSON.stringify(pluginConfig),
    });
    const { url, gateway, pluginServer } = JSON.parse(sandbox.firstLine) as SandboxProcess;
    return {
      url,
      pids: { gateway, 'plugin server': pluginServer, 'Kinesis stand-in': standIn.pid },
      stats: standIn.stats,
      async stop() {
        await sandbox.stop();
        await standIn.stop();
      },
    };
  } catch (error) {
    await standIn.stop();
    throw error;
  }
}

/** What sandboxProcess.js prints once it is up. */
export interface SandboxProcess {
  url: string;
  gateway: number;
  pluginServer: number;
}
