/** A machine for preflight's checks, as good as it gets; tests take something away. */

import type { Finding, Settings } from '../../../tools/preflight/Check';
import { CHECKS } from '../../../tools/preflight/checks';
import type { FileState, Host, HttpProbe } from '../../../tools/preflight/Host';
import { readKongConf } from '../../../tools/preflight/readKongConf';

export const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);

export interface FakeHost extends Partial<Omit<Host, 'readText' | 'list' | 'readLink' | 'stat'>> {
  files?: Record<string, string | undefined>;
  links?: Record<string, string>;
  states?: Record<string, FileState | undefined>;
}

const FILES: Record<string, string | undefined> = {
  '/sys/class/dmi/id/sys_vendor': 'Amazon EC2\n',
  '/proc/self/limits': 'Max open files            65536                1048576              files\n',
  '/proc/sys/net/core/somaxconn': '16384\n',
};

const STATES: Record<string, FileState | undefined> = {
  '/run/kinesis-ingest': { kind: 'directory', uid: 990, gid: 990, mode: 0o750 },
  '/run/kinesis-ingest/kinesis-ingest.sock': { kind: 'socket', uid: 990, gid: 990, mode: 0o660 },
  '/etc/ssl/certs/ca-certificates.crt': { kind: 'other', uid: 0, gid: 0, mode: 0o644 },
};

const LINKS: Record<string, string> = {
  '/sys/class/net/eth0/device/driver': '../../../../bus/pci/drivers/ena',
};

/** An answer of an endpoint whose clock is ahead of the machine's by so many seconds. */
export function answerAt(seconds: number): HttpProbe {
  // A Date header has whole seconds.
  const date = Math.floor((NOW + seconds * 1000) / 1000) * 1000;
  return { answered: true, status: 404, date, startedAt: NOW - 40, endedAt: NOW + 40 };
}

export function fakeHost({ files, links = LINKS, states, ...more }: FakeHost = {}): Host {
  const allFiles = { ...FILES, ...files };
  const allStates = { ...STATES, ...states };
  return {
    nodeVersion: 'v20.20.2',
    now: () => NOW,
    readText: (path) => allFiles[path],
    list: (path) =>
      Object.keys(links)
        .filter((link) => link.startsWith(`${path}/`))
        .map((link) => link.slice(path.length + 1).split('/')[0]!),
    readLink: (path) => links[path],
    stat: (path) => allStates[path],
    ask: async () => answerAt(0),
    askPluginServer: async () => ({ answered: true, plugins: ['kinesis-ingest'] }),
    findCredentials: async () => ({
      found: true,
      providers: ['CREDENTIALS_IMDS'],
      temporary: true,
      expiration: NOW + 3_600_000,
    }),
    describeStream: async () => ({ described: true, ignoresKeys: false, maxRecordBytes: 1024 * 1024 }),
    ...more,
  };
}

export const KONG_CONF = `
proxy_listen = 0.0.0.0:8000 reuseport backlog=16384
nginx_http_client_max_body_size = 8m
nginx_http_client_body_buffer_size = 2m
nginx_proxy_proxy_ssl_verify = on
nginx_proxy_proxy_ssl_trusted_certificate = /etc/ssl/certs/ca-certificates.crt
`;

/** The settings of a kinesis-ingest. */
export const INGEST = {
  maxEventBytes: 1024 * 1024,
  maxBodyBytes: 2 * 1024 * 1024,
  callBytes: 8_000_000,
  streams: ['clickstream'],
  ordering: 'per_key',
};

export function settingsWith({
  conf = KONG_CONF,
  ...more
}: Partial<Settings> & { conf?: string } = {}): Settings {
  return {
    endpoint: 'https://kinesis.us-east-1.amazonaws.com',
    endpointGiven: false,
    kongConf: { path: '/etc/kong/kong.conf', settings: readKongConf(conf) },
    kongYml: {
      ingests: { 'events-kinesis': INGEST },
      allowedBytes: 2 * 1024 * 1024,
      namesAuthorities: false,
    },
    socketPath: '/run/kinesis-ingest/kinesis-ingest.sock',
    pid: 'self',
    ...more,
  };
}

/** What a check finds. */
export async function find(name: string, host: FakeHost = {}, settings = settingsWith()): Promise<Finding> {
  const check = CHECKS.find((each) => each.name === name);
  if (check === undefined) throw new Error(`there is no check ${name}`);
  return check.run({ host: fakeHost(host), settings });
}
