/** `--metrics HOST:PORT`: the server's metrics and state over HTTP. */

import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Logger } from 'pino';
import { contentType } from 'prom-client';
import type { SocketFile } from '../socket/socketFile';
import type { Problem } from './health';
import { keepNewest } from './keepNewest';
import type { Reports } from './reports';

export interface Address {
  host: string;
  port: number;
}

export interface MetricsServer {
  /** The plugin server now serves its socket. */
  ready(reports: Reports): void;
  /** The plugin server now only finishes what it has begun. */
  stopping(): void;
  close(): Promise<void>;
}

export interface MetricsServerOptions {
  socketPath: string;
  socket: Pick<SocketFile, 'served'>;
  log: Logger;
}

/** Enough for a scraper and some probes. */
const MAX_CONNECTIONS = 32;
const REQUEST_TIMEOUT_MS = 5_000;
const MAX_HEADER_BYTES = 8 * 1024;
/** The pause between attempts while an older server of the same socket still has the address. */
const TAKEOVER_RETRY_MS = 200;

/** @param text HOST:PORT, with an IPv6 address in brackets. @returns undefined for anything else */
export function parseAddress(text: string): Address | undefined {
  const [, ipv6, host, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const number = Number(port);
  return number <= 65_535 ? { host: (ipv6 ?? host)!, port: number } : undefined;
}

/**
 * When Kong reloads, an older plugin server of the same socket keeps the address for some seconds. The new one then starts
 * without it, and takes it as soon as the older one ends.
 *
 * @throws Error with a one-line message if something else has the address, or nobody can have it
 */
export async function serveMetrics(address: Address, options: MetricsServerOptions): Promise<MetricsServer> {
  const { socketPath, socket, log } = options;
  let state: 'starting' | 'running' | 'stopping' = 'starting';
  let reports: Reports | undefined;
  let retry: NodeJS.Timeout | undefined;

  const server = http.createServer(
    {
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    (request, response) => {
      answer(request, response).catch((error) => {
        log.error({ err: error, path: request.url }, 'metrics could not be had');
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
    },
  );
  keepNewest(server, MAX_CONNECTIONS);

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const route = ROUTES[(request.url ?? '').split('?', 1)[0]!];
    if (route === undefined) return send(response, 404, { error: 'not found' });
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return send(response.setHeader('allow', 'GET, HEAD'), 405, { error: 'GET only' });
    }
    await route(response);
  }

  const ROUTES: Record<string, (response: http.ServerResponse) => Promise<void>> = {
    __proto__: null as never,
    async '/healthz'(response) {
      send(response, 200, { status: 'alive', socket: socketPath });
    },
    async '/readyz'(response) {
      const all = await problemsNow();
      const problems = all.filter(({ isWarning }) => !isWarning);
      const warnings = all.flatMap(({ isWarning, ...warning }) => (isWarning ? [warning] : []));
      const more = warnings.length > 0 ? { warnings } : {};
      const status = state === 'running' && problems.length > 0 ? 'unavailable' : state;
      if (status === 'running') send(response, 200, { status: 'ready', ...more });
      else send(response, 503, { status, problems, ...more });
    },
    async '/metrics'(response) {
      if (reports === undefined) return send(response, 503, { status: state });
      const text = await reports.metrics();
      response.writeHead(200, { 'content-type': contentType });
      response.end(text);
    },
  };

  async function problemsNow(): Promise<Problem[]> {
    if (state !== 'running' || reports === undefined) return [];
    const problems = await reports.problems();
    if (!socket.served) problems.push({ reason: 'the socket is gone, or a newer server has it' });
    return problems;
  }

  async function listen(): Promise<void> {
    server.listen(address.port, address.host);
    await once(server, 'listening');
    server.on('error', (error) => log.error({ err: error }, 'cannot accept a connection for metrics'));
    const { port } = server.address() as AddressInfo;
    log.info({ host: address.host, port }, 'metrics served');
  }

  function listenLater(): void {
    retry = setTimeout(() => {
      listen().catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EADDRINUSE') listenLater();
        else log.error({ err: error }, 'metrics cannot be served');
      });
    }, TAKEOVER_RETRY_MS).unref();
  }

  try {
    await listen();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' || !(await isHeldByOlderServer(address, socketPath))) {
      throw new Error(`cannot serve metrics: ${message}`, { cause: error });
    }
    log.info(address, 'metrics are served once the older server ends');
    listenLater();
  }

  return {
    ready(of) {
      reports = of;
      state = 'running';
    },
    stopping() {
      state = 'stopping';
    },
    async close() {
      clearTimeout(retry);
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function send(response: http.ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(`${JSON.stringify(body)}\n`);
}

/** Whether the address belongs to a plugin server that names the same socket. */
async function isHeldByOlderServer({ host, port }: Address, socketPath: string): Promise<boolean> {
  try {
    const request = http.get({ host, port, path: '/healthz', agent: false });
    const timer = setTimeout(() => request.destroy(), REQUEST_TIMEOUT_MS);
    try {
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      return ((await json(response)) as { socket?: unknown }).socket === socketPath;
    } finally {
      clearTimeout(timer);
      request.destroy();
    }
  } catch {
    return false;
  }
}
