/** Runs several worker processes on one socket, and replaces one that dies. */

import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import { type LogOutput, relayLines } from '../observe/logOutput';
import { recordWorkerRestart } from '../observe/metrics';
import { createWorkerReports, type ReportAnswer, type ReportRequest } from '../observe/reports';
import type { RunningServer } from '../serve';
import type { SocketFile } from '../socket/socketFile';
import { createInstanceStore, type PrimaryMessage, type WorkerMessage } from './sharedInstances';

/** Tells a worker where to listen. */
export const BIND_PATH_VARIABLE = 'KONG_PLUGINSERVER_BIND';

/** From the primary to a worker: where to listen from now on. */
export interface ListenRequest {
  type: 'listen';
  bindPath: string;
}

/** A worker that dies is replaced after this long, so that one that can't live doesn't spin. */
const REPLACE_AFTER_MS = 500;

/**
 * The workers accept connections themselves. With Node's default the primary does and hands them over: one that is on
 * its way to a worker when that is killed stays open and unanswered (seen on Node 20), and Kong waits a minute for it.
 */
cluster.schedulingPolicy = cluster.SCHED_NONE;

export interface WorkerOptions {
  count: number;
  socket: SocketFile;
  log: Logger;
  stdout: LogOutput;
  stderr: LogOutput;
}

/** @returns when the workers listen and the socket is public. */
export async function startWorkers(options: WorkerOptions): Promise<RunningServer> {
  const { count, socket, log } = options;
  // Their output goes through this process. Of a pipe that several processes write to libuv and Node.js change the mode
  // whenever one starts or ends: a full one then blocks them all, and events with them.
  cluster.setupPrimary({ stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const workers = new Set<Worker>();
  const store = createInstanceStore((message) => {
    for (const worker of workers) send(worker, message);
  });
  const reports = createWorkerReports();
  let stopping = false;

  function send(worker: Worker, message: PrimaryMessage | ReportRequest | ListenRequest): void {
    if (worker.isConnected()) worker.send(message);
  }

  function fork(): Worker {
    const worker = cluster.fork({ [BIND_PATH_VARIABLE]: socket.bindPath });
    workers.add(worker);
    relayLines(worker.process.stdout!, options.stdout);
    relayLines(worker.process.stderr!, options.stderr);
    const reporting = { pid: worker.process.pid, ask: (request: ReportRequest) => send(worker, request) };
    worker.on('message', (message: WorkerMessage | ReportAnswer) => {
      if (message.type === 'reported') reports.answered(reporting, message);
      else store.onMessage(message, (answer) => send(worker, answer));
    });
    worker.on('listening', () => {
      reports.started(reporting);
      // The first worker binds; where all have died, the next one binds anew.
      if (existsSync(socket.bindPath)) socket.publish();
    });
    worker.on('exit', (code, signal) => {
      workers.delete(worker);
      reports.ended(reporting);
      if (stopping) return;
      recordWorkerRestart();
      log.error({ worker: worker.process.pid, code, signal }, 'a worker ended and is replaced');
      forkLater();
    });
    worker.on('error', (error) => {
      // Others are of a process that is there, whose end is told by itself.
      if (worker.process.pid === undefined) notStarted(worker, error);
      else log.debug({ worker: worker.process.pid, err: error }, 'a worker cannot be reached');
    });
    return worker;
  }

  /** Without a process there is no `exit` either. */
  function notStarted(worker: Worker, error: unknown): void {
    workers.delete(worker);
    log.error({ err: error }, 'a worker cannot be started: trying again');
    forkLater();
  }

  function forkLater(): void {
    setTimeout(() => {
      if (!stopping) fork();
    }, REPLACE_AFTER_MS);
  }

  await Promise.all(
    Array.from({ length: count }, async () => {
      const worker = fork();
      const ended = once(worker, 'exit').then(() =>
        Promise.reject(new Error('a worker ended before it listened')),
      );
      await Promise.race([once(worker, 'listening'), ended]);
      ended.catch(() => undefined);
    }),
  );

  return {
    reports,
    listen(bindPath) {
      for (const worker of workers) send(worker, { type: 'listen', bindPath });
    },
    async stop() {
      stopping = true;
      await Promise.all(
        [...workers].map((worker) => {
          // Its last lines have come by then.
          const ended = once(worker.process, 'close');
          worker.process.kill('SIGTERM');
          return ended;
        }),
      );
    },
  };
}
