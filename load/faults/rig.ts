/** All that a fault is tried on: gateway, plugin server, the stand-in for Kinesis, the endpoint for credentials. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compiled } from '../../sandbox/packageRoot';
import { type CredentialsEndpoint, startCredentialsEndpoint } from './credentialsEndpoint';
import { type FaultGateway, startFaultGateway } from './gateway';
import { keysOf, STATIC_KEY_ID } from './keys';
import { type StandIn, startStandIn } from './kinesis/standIn';
import { type SupervisedServer, supervisedServer } from './supervisedServer';

export type DeliveryMode = 'proxy' | 'batch';

/** How the plugin server is run for a fault. */
export interface ServerSettings {
  workers: number;
  /** Where it gets its credentials. */
  credentials: 'static' | 'container' | 'imds' | 'sts';
  /** Of the credentials. */
  lifetimeMs: number;
  /** Run by a user who may not write everywhere, as root may; only root can do that. */
  unprivileged: boolean;
  logLevel: 'info' | 'debug';
}

const DEFAULT_SETTINGS: ServerSettings = {
  workers: 1,
  credentials: 'container',
  lifetimeMs: 3_600_000,
  unprivileged: false,
  logLevel: 'info',
};

const ROLE_ARN = 'arn:aws:iam::123456789012:role/clickstream';
/** `nobody` on Linux. */
const NOBODY = 65534;

export interface Rig {
  delivery: DeliveryMode;
  /** Where the socket lies, and nothing else. */
  socketFolder: string;
  socketPath: string;
  standIn: StandIn;
  credentials: CredentialsEndpoint;
  gateway: FaultGateway;
  server: SupervisedServer;
  /** What the plugin is configured with for Kinesis. */
  endpoint: string;
  /** A new plugin server before the same gateway, everything healthy again. */
  renew(settings?: Partial<ServerSettings>): Promise<void>;
  stop(): Promise<void>;
}

export async function startRig(delivery: DeliveryMode, kongBin: string | undefined): Promise<Rig> {
  const folder = mkdtempSync(path.join(tmpdir(), 'faults-'));
  chmodSync(folder, 0o755);
  const socketFolder = path.join(folder, 'run');
  const socketPath = path.join(socketFolder, 'kinesis-ingest.sock');
  const descriptionPath = path.join(folder, 'kinesis-ingest.json');
  writeFileSync(descriptionPath, describePlugin());
  const [standIn, credentials] = await Promise.all([startStandIn(), startCredentialsEndpoint()]);
  const endpoint = standIn.url;
  const gateway = await startFaultGateway({
    folder,
    socketPath,
    descriptionPath,
    config: { delivery, endpoint, region: 'us-east-1', role_arn: null },
    kongBin,
  }).catch(async (error) => {
    await Promise.all([standIn.stop(), credentials.close()]);
    throw error;
  });

  function serverFor({
    workers,
    credentials: kind,
    unprivileged,
    logLevel,
  }: ServerSettings): SupervisedServer {
    return supervisedServer({
      socketPath,
      descriptionPath: path.join(socketFolder, 'kinesis-ingest.json'),
      args: ['--workers', String(workers), '--log-level', logLevel],
      env: { HOME: '/nonexistent', AWS_REGION: 'us-east-1', ...credentialsEnv(kind, credentials.url) },
      ...(unprivileged && process.getuid?.() === 0 && { uid: NOBODY }),
    });
  }

  const rig: Rig = {
    delivery,
    socketFolder,
    socketPath,
    standIn,
    credentials,
    gateway,
    server: serverFor(DEFAULT_SETTINGS),
    endpoint,
    async renew(changes = {}) {
      const settings = { ...DEFAULT_SETTINGS, ...changes };
      await rig.server.stop('SIGTERM');
      rmSync(socketFolder, { recursive: true, force: true });
      mkdirSync(socketFolder);
      if (settings.unprivileged) chmodSync(socketFolder, 0o777);
      await standIn.fail({ kind: 'none' });
      credentials.state = 'up';
      credentials.lifetimeMs = settings.lifetimeMs;
      await gateway.configure({ endpoint, role_arn: settings.credentials === 'sts' ? ROLE_ARN : null });
      rig.server = serverFor(settings);
      rig.server.start();
      await rig.server.listening();
    },
    async stop() {
      await gateway.stop();
      await rig.server.stop('SIGTERM');
      await Promise.all([standIn.stop(), credentials.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return rig;
}

function describePlugin(): string {
  const args = [compiled('pluginserver/main.js'), '--plugin', compiled('plugins/kinesis-ingest'), '--dump'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the plugin can't be described: ${stderr}`);
  return stdout;
}

function credentialsEnv(kind: ServerSettings['credentials'], url: string): Record<string, string> {
  if (kind === 'container') return { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/container` };
  if (kind === 'imds') return { AWS_EC2_METADATA_SERVICE_ENDPOINT: url };
  const { accessKeyId, secretAccessKey } = keysOf(STATIC_KEY_ID);
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(kind === 'sts' && { AWS_ENDPOINT_URL_STS: url }),
  };
}
