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

export async function startStack(): Promise<Stack> {
  const standIn = await startProcess('kinesisStandIn/main.js', CREDENTIALS);
  const endpoint = `http://127.0.0.1:${standIn.firstLine}`;
  try {
    const sandbox = await startProcess('sandboxProcess.js', { ...CREDENTIALS, KINESIS_ENDPOINT: endpoint });
    const { url, gateway, pluginServer } = JSON.parse(sandbox.firstLine) as SandboxProcess;
    return {
      url,
      pids: { gateway, 'plugin server': pluginServer, 'Kinesis stand-in': standIn.pid },
      stats: async () => (await fetch(`${endpoint}/stats`)).json() as Promise<StandInStats>,
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
