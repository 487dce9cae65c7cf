/** The machine is short of something: a folder, file descriptors, a reader of the log. */

import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { kongEncode } from '../../test/support/pluginserver/kongProtocol';
import { connectKong } from '../../test/support/pluginserver/kongSide';
import type { Fault } from './fault';
import { INTERNAL_FAILURE } from './kinesisFaults';

/** Each is answered with a line of the log, of some 130 bytes: more than a pipe and the plugin server keep together. */
const LOGGED_CALLS = 20_000;

export const MACHINE_FAULTS: readonly Fault[] = [
  {
    name: 'folder-missing',
    title: 'the socket’s folder is missing at the start, after 4 s it is there',
    async inject({ server, socketFolder }) {
      await server.stop('SIGTERM');
      rmSync(socketFolder, { recursive: true });
      server.start();
    },
    heal: ({ socketFolder }) => void (existsSync(socketFolder) || mkdirSync(socketFolder)),
  },
  {
    name: 'folder-unwritable',
    title: 'the socket’s folder can’t be written at the start, after 4 s it can',
    settings: { unprivileged: true },
    async inject({ server, socketFolder }) {
      await server.stop('SIGTERM');
      chmodSync(socketFolder, 0o555);
      server.start();
    },
    heal: ({ socketFolder }) => chmodSync(socketFolder, 0o777),
  },
  {
    name: 'socket-removed',
    title: 'the socket is removed under the running server',
    seconds: 0,
    inject: ({ socketPath }) => rmSync(socketPath),
  },
  {
    name: 'folder-removed',
    title: 'the socket’s folder is removed under two workers, after 4 s it is there',
    settings: { workers: 2 },
    inject: ({ socketFolder }) => rmSync(socketFolder, { recursive: true }),
    heal: ({ socketFolder }) => void mkdirSync(socketFolder),
  },
  {
    name: 'no-descriptors',
    title: 'no file descriptors are left for 4 s',
    inject: ({ server }) => server.limitFiles(server.openFiles() + 1),
    heal: ({ server }) => server.limitFiles(20_000),
  },
  {
    name: 'log-closed',
    title: 'nobody reads the log any more (EPIPE), then Kinesis answers 500',
    async inject({ server, kinesis }) {
      server.closeLog();
      await kinesis.functions.fail(INTERNAL_FAILURE);
    },
    heal: ({ kinesis }) => kinesis.functions.fail(null),
  },
  {
    name: 'log-unread',
    title: 'nobody reads the log, its pipe open and full, then Kinesis answers 500',
    seconds: 6,
    settings: { logLevel: 'debug' },
    async inject({ server, socketPath, kinesis }) {
      server.pauseLog();
      await fillLog(socketPath);
      await kinesis.functions.fail(INTERNAL_FAILURE);
    },
    async heal({ server, kinesis }) {
      server.resumeLog();
      await kinesis.functions.fail(null);
    },
  },
];

async function fillLog(socketPath: string): Promise<void> {
  const kong = await connectKong(socketPath);
  const call = kongEncode('RpcCall', { sequence: 1, cmd_get_instance_status: { instance_id: 0 } });
  for (let i = 0; i < LOGGED_CALLS; i++) {
    kong.send(call);
    await kong.frame();
  }
  kong.socket.destroy();
}
