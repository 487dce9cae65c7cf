/** The machine is short of something: a folder, file descriptors, a reader of the log. */

import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import type { Fault } from './fault';
import { startAgain } from './pluginServerFaults';

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
    title: 'the socket is removed under the running server, which is then restarted',
    seconds: 3,
    inject: ({ socketFolder }) => rmSync(`${socketFolder}/kinesis-ingest.sock`),
    async heal(rig) {
      await rig.server.stop('SIGTERM');
      await startAgain(rig);
    },
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
    async inject({ server, standIn }) {
      server.closeLog();
      await standIn.fail({ kind: 'status', status: 500 });
    },
    heal: ({ standIn }) => standIn.fail({ kind: 'none' }),
  },
];
