/** The machine that preflight runs on. */

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { endpointOf } from '../../plugins/kinesis-ingest/config/endpoint';
import { scrubMessage } from '../../plugins/kinesis-ingest/kinesis/scrubMessage';
import { describeStream } from '../../plugins/kinesis-ingest/send/describeStream';
import { askPluginServer } from './askPluginServer';
import type { CredentialsProbe, FileState, Host, HttpProbe, StreamProbe } from './Host';

const ASK_TIMEOUT_MS = 5_000;
const CREDENTIALS_TIMEOUT_MS = 10_000;

export function localHost(region: string): Host {
  // The clock, endpoint and credentials checks all ask for the same URL: one request will do.
  const asked = new Map<string, Promise<HttpProbe>>();
  return {
    nodeVersion: process.version,
    now: () => Date.now(),
    readText: (path) => orUndefined(() => readFileSync(path, 'utf8')),
    list: (path) => orUndefined(() => readdirSync(path)) ?? [],
    readLink: (path) => orUndefined(() => readlinkSync(path)),
    stat: (path) => orUndefined(() => stateOf(path)),
    ask(url) {
      const probe = asked.get(url) ?? ask(url);
      asked.set(url, probe);
      return probe;
    },
    askPluginServer: (socketPath) => askPluginServer(socketPath),
    findCredentials: () => findCredentials(region),
    describeStream: (url, stream) => probeStream(url, region, stream),
  };
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function stateOf(path: string): FileState {
  const stats = statSync(path);
  const kind = stats.isDirectory() ? 'directory' : stats.isSocket() ? 'socket' : 'other';
  return { kind, uid: stats.uid, gid: stats.gid, mode: stats.mode & 0o7777 };
}

async function ask(url: string): Promise<HttpProbe> {
  const startedAt = Date.now();
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    const endedAt = Date.now();
    await answer.body?.cancel();
    const date = Date.parse(answer.headers.get('date') ?? '');
    return {
      answered: true,
      status: answer.status,
      date: Number.isNaN(date) ? undefined : date,
      startedAt,
      endedAt,
    };
  } catch (error) {
    const { name, cause } = error as Error & { cause?: NodeJS.ErrnoException };
    if (name === 'TimeoutError') return { answered: false, code: `nothing within ${ASK_TIMEOUT_MS} ms` };
    return { answered: false, code: cause?.code ?? (error as Error).message };
  }
}

async function findCredentials(region: string): Promise<CredentialsProbe> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`nothing within ${CREDENTIALS_TIMEOUT_MS} ms`)),
      CREDENTIALS_TIMEOUT_MS,
    );
  });
  try {
    const chain = fromNodeProviderChain({ clientConfig: { region } });
    const found = await Promise.race([chain(), timeout]);
    const { $source = {} } = found as { $source?: Record<string, string> };
    return {
      found: true,
      providers: Object.keys($source),
      temporary: found.sessionToken !== undefined,
      expiration: found.expiration?.getTime(),
    };
  } catch (error) {
    return { found: false, reason: scrubMessage((error as Error).message) };
  } finally {
    clearTimeout(timer);
  }
}

async function probeStream(url: string, region: string, stream: string): Promise<StreamProbe> {
  try {
    const credentials = await fromNodeProviderChain({ clientConfig: { region } })();
    const endpoint = endpointOf(region, url);
    const told = await describeStream(stream, { endpoint, region, credentials, timeoutMs: ASK_TIMEOUT_MS });
    return 'kind' in told ? { described: false, code: told.code } : { described: true, ...told };
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    return { described: false, code: code ?? name };
  }
}
