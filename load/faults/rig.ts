/** All that a fault is tried on: gateway, plugin server, Kinesis, the endpoint for credentials. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TEST_CREDENTIALS_ENV } from '../../testkit/keys';
import { type KinesisProcess, startKinesisProcess } from '../../testkit/kinesis/process';
import { compiled } from '../../testkit/packageRoot';
import { type LoadGateway, startLoadGateway } from '../gateway';
import { ATTACK_TYPE, type Attacker, startAttacker } from './attacker';
import { type CredentialsEndpoint, startCredentialsEndpoint } from './credentialsEndpoint';
import { type HurtServer, hurtServer } from './server';

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
  /** A limit that the kernel enforces, for all its processes together. Default: none. */
  memoryBytes?: number;
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
/** Of Kinesis, to be read every second. */
const KEPT_CALLS = 50_000;
const NAME = 'kinesis-ingest';
/** Where an attack's events go: the stand-in reads none of them. */
const ATTACKED_STREAM = 'attacked';

export interface Rig {
  delivery: DeliveryMode;
  /** Where the socket lies, and nothing else. */
  socketFolder: string;
  socketPath: string;
  kinesis: KinesisProcess;
  credentials: CredentialsEndpoint;
  gateway: LoadGateway;
  server: HurtServer;
  attacker: Attacker;
  /** A new plugin server before the same gateway, everything healthy again. */
  renew(settings?: Partial<ServerSettings>): Promise<void>;
  stop(): Promise<void>;
}

export async function startRig(delivery: DeliveryMode, kongBin: string | undefined): Promise<Rig> {
  const folder = mkdtempSync(path.join(tmpdir(), 'faults-'));
  chmodSync(folder, 0o755);
  const socketFolder = path.join(folder, 'run');
  const socketPath = path.join(socketFolder, `${NAME}.sock`);
  const descriptionPath = path.join(folder, `${NAME}.json`);
  const description = describePlugin();
  writeFileSync(descriptionPath, description);
  const [attacker, kinesis, credentials] = await Promise.all([
    startAttacker(),
    startKinesisProcess({ keptCalls: KEPT_CALLS, unreadStream: ATTACKED_STREAM }),
    startCredentialsEndpoint(),
  ]);
  const endpoint = kinesis.url;
  const gateway = await startLoadGateway({
    pluginServers: [{ name: NAME, socketPath, descriptionPath, description: JSON.parse(description) }],
    config: {
      delivery,
      endpoint,
      role_arn: null,
      streams: [{ when: { field: 'type', any_of: [ATTACK_TYPE] }, stream: ATTACKED_STREAM }],
    },
    kongBin,
  }).catch(async (error) => {
    await Promise.all([attacker.stop(), kinesis.stop(), credentials.close()]);
    throw error;
  });

  function serverFor(settings: ServerSettings): HurtServer {
    const { workers, credentials: kind, unprivileged, logLevel, memoryBytes } = settings;
    return hurtServer({
      memoryBytes,
      plugins: [compiled(`plugins/${NAME}`)],
      socketDir: socketFolder,
      args: ['--workers', String(workers), '--log-level', logLevel],
      env: {
        PATH: process.env.PATH,
        HOME: '/nonexistent',
        AWS_REGION: 'us-east-1',
        ...credentialsEnv(kind, credentials.url),
      },
      ...(unprivileged && process.getuid?.() === 0 && { uid: NOBODY }),
    });
  }

  const rig: Rig = {
    delivery,
    socketFolder,
    socketPath,
    kinesis,
    credentials,
    gateway,
    server: serverFor(DEFAULT_SETTINGS),
    attacker,
    async renew(changes = {}) {
      const settings = { ...DEFAULT_SETTINGS, ...changes };
      await rig.server.stop('SIGTERM');
      rmSync(socketFolder, { recursive: true, force: true });
      mkdirSync(socketFolder);
      if (settings.unprivileged) chmodSync(socketFolder, 0o777);
      await kinesis.functions.setListening(true);
      await kinesis.functions.setClock(0);
      await kinesis.functions.fail(null);
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
      await Promise.all([attacker.stop(), kinesis.stop(), credentials.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return rig;
}

function describePlugin(): string {
  const args = [compiled('pluginserver/main.js'), '--plugin', compiled(`plugins/${NAME}`), '--dump'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the plugin can't be described: ${stderr}`);
  return stdout;
}

function credentialsEnv(kind: ServerSettings['credentials'], url: string): Record<string, string> {
  if (kind === 'container') return { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/container` };
  if (kind === 'imds') return { AWS_EC2_METADATA_SERVICE_ENDPOINT: url };
  return { ...TEST_CREDENTIALS_ENV, ...(kind === 'sts' && { AWS_ENDPOINT_URL_STS: url }) };
}
