/** An embedded Kinesis: kinesis-local as a process of its own, on loopback. */

import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from './childProcess';
import { compiled } from './packageRoot';
import { findFreePort } from './ports';
import { StartError } from './StartError';

const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

export interface KinesisOptions {
  /** 0 takes a free one. */
  port: number;
  streams: readonly { name: string; shards: number }[];
  region: string;
}

export interface Kinesis {
  readonly pid: number;
  readonly endpoint: string;
  /** Resolves when the process is gone, with how it ended in words. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}

/** @returns when the streams are there. @throws StartError when it doesn't come up */
export async function startKinesis({ port, streams, region }: KinesisOptions): Promise<Kinesis> {
  const script = require.resolve('kinesis-local/main.js');
  const plainPort = port === 0 ? await findFreePort() : port;
  const child = startChild(script, {
    // It looks for its certificate beside itself, in the working directory.
    cwd: dirname(script),
    // On SIGTERM it waits for its connections, and it has nothing to save.
    stopSignal: 'SIGKILL',
    preload: [compiled('sandbox/listenOnLoopback.js')],
    env: {
      INITIALIZE_STREAMS: streams.map(({ name, shards }) => `${name}:${shards}:${region}`).join(','),
      KINESIS_MOCK_PLAIN_PORT: String(plainPort),
      KINESIS_MOCK_TLS_PORT: String(await findFreePort()),
      KINESIS_MOCK_CERT_PATH: join(dirname(script), 'server.json'),
      CREATE_STREAM_DURATION: '1ms',
      AWS_REGION: region,
      LOG_LEVEL: 'ERROR',
    },
  });
  const endpoint = `http://127.0.0.1:${plainPort}`;
  try {
    await waitForStreams(
      endpoint,
      region,
      streams.map(({ name }) => name),
      child,
    );
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { pid: child.pid, endpoint, exited: child.exited, stop: () => child.stop() };
}

async function waitForStreams(
  endpoint: string,
  region: string,
  names: readonly string[],
  child: Child,
): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.hasExited)
      throw new StartError(
        `kinesis-local ended while starting: ${child.lastWords() || (await child.exited)}`,
      );
    const found = await listStreams(endpoint, region).catch((): string[] => []);
    if (names.every((name) => found.includes(name))) return;
    await sleep(POLL_MS);
  }
  throw new StartError(`kinesis-local was not ready within ${START_TIMEOUT_MS / 1000} s`);
}

async function listStreams(endpoint: string, region: string): Promise<string[]> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Kinesis_20131202.ListStreams',
      'x-amz-date': new Date().toISOString().replace(/[-:]|\.\d+/g, ''),
      // The region in it counts, the signature isn't looked at.
      authorization: `AWS4-HMAC-SHA256 Credential=sandbox/20260101/${region}/kinesis/aws4_request, SignedHeaders=host, Signature=none`,
    },
    body: '{}',
  });
  const { StreamNames = [] } = (await response.json()) as { StreamNames?: string[] };
  return StreamNames;
}
