/** The primary process: runs several workers on one socket and replaces those that die. */

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

/** The environment variable that tells a worker where to listen. */
export const BIND_PATH_VARIABLE = 'KONG_PLUGINSERVER_BIND';

/** From the primary to a worker: where to listen from now on. */
export interface ListenRequest {
  type: 'listen';
  bindPath: string;
}

/** The pause before a dead worker is replaced, so one that can't live costs little. */
const REPLACE_AFTER_MS = 500;

/**
 * The workers accept connections themselves. By default Node's primary accepts them and hands them over. If a worker is then
 * killed, a connection on its way to it stays open and unanswered (seen on Node 20), and Kong waits a minute for it.
 */
cluster.schedulingPolicy = cluster.SCHED_NONE;

export interface WorkerOptions {
  count: number;
  socket: SocketFile;
  log: Logger;
  stdout: LogOutput;
  stderr: LogOutput;
}

/** @returns when the workers listen and the socket is public. @throws Error if one can't */
export async function startWorkers(options: WorkerOptions): Promise<RunningServer> {
  // The workers' output goes through this process. When several processes write to one pipe, libuv and Node.js change its
  // mode whenever one of them starts or ends; a full pipe then blocks them all, and events with them.
  cluster.setupPrimary({ stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const pool = new WorkerPool(options);
  await Promise.all(Array.from({ length: options.count }, () => listening(pool.fork())));
  return pool;
}

/** The running workers; each one that ends on its own is replaced. */
class WorkerPool implements RunningServer {
  readonly reports = createWorkerReports();
  private readonly workers = new Set<Worker>();
  private readonly store = createInstanceStore((message) => this.tellAll(message));
  private isStopping = false;

  constructor(private readonly options: WorkerOptions) {}

  fork(): Worker {
    const { socket, log, stdout, stderr } = this.options;
    const worker = cluster.fork({ [BIND_PATH_VARIABLE]: socket.bindPath });
    this.workers.add(worker);
    relayLines(worker.process.stdout!, stdout);
    relayLines(worker.process.stderr!, stderr);
    this.listenTo(worker);
    worker.on('error', (error) => {
      // An error of an existing process is followed by its `exit`.
      if (worker.process.pid === undefined) this.onNotStarted(worker, error);
      else log.debug({ worker: worker.process.pid, err: error }, 'a worker cannot be reached');
    });
    return worker;
  }

  listen(bindPath: string): void {
    this.tellAll({ type: 'listen', bindPath });
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all([...this.workers].map(end));
  }

  private tellAll(message: PrimaryMessage | ListenRequest): void {
    for (const worker of this.workers) send(worker, message);
  }

  private listenTo(worker: Worker): void {
    const { socket } = this.options;
    const { reports, store } = this;
    const reporting = { pid: worker.process.pid, ask: (request: ReportRequest) => send(worker, request) };
    worker.on('message', (message: WorkerMessage | ReportAnswer) => {
      if (message.type === 'reported') reports.answered(reporting, message);
      else store.onMessage(message, (answer) => send(worker, answer));
    });
    worker.on('listening', () => {
      reports.started(reporting);
      // The first worker binds. If all have died, the next one binds again.
      if (existsSync(socket.bindPath)) socket.publish();
    });
    worker.on('exit', (code, signal) => {
      reports.ended(reporting);
      this.onExit(worker, code, signal);
    });
  }

  private onExit(worker: Worker, code: number, signal: string): void {
    this.workers.delete(worker);
    if (this.isStopping) return;
    recordWorkerRestart();
    this.options.log.error({ worker: worker.process.pid, code, signal }, 'a worker ended and is replaced');
    this.forkLater();
  }

  /** Without a process there is no `exit`. */
  private onNotStarted(worker: Worker, error: unknown): void {
    this.workers.delete(worker);
    this.options.log.error({ err: error }, 'a worker cannot be started: trying again');
    this.forkLater();
  }

  private forkLater(): void {
    setTimeout(() => {
      if (!this.isStopping) this.fork();
    }, REPLACE_AFTER_MS);
  }
}

function send(worker: Worker, message: PrimaryMessage | ReportRequest | ListenRequest): void {
  if (worker.isConnected()) worker.send(message);
}

async function listening(worker: Worker): Promise<void> {
  const ended = once(worker, 'exit').then(() =>
    Promise.reject(new Error('a worker ended before it listened')),
  );
  await Promise.race([once(worker, 'listening'), ended]);
  ended.catch(() => undefined);
}

/** Tells a worker to finish what it has begun. @returns when it is gone and its last lines have arrived */
async function end(worker: Worker): Promise<void> {
  const closed = once(worker.process, 'close');
  worker.process.kill('SIGTERM');
  await closed;
}
