/** The proxy's server: takes each request from its route through the plugins to the upstream and back. */

import { createServer, type Server, type ServerResponse } from 'node:http';
import type { BaseLogger } from 'pino';
import type { Agent, Dispatcher } from 'undici';
import { type Answer, answerOf, SERVER_NAME, takeUpstreamHeaders, writeAnswer } from './http/answer';
import { checkBodySize } from './http/body';
import { type Observe, type Observer, readUnread, tap } from './http/observe';
import { Refusal, unexpectedError } from './http/Refusal';
import { createRequestContext, type GatewayState, type RequestContext } from './http/requestContext';
import { askUpstream } from './http/upstream';
import type { PluginRunner } from './plugins/pluginRunner';

/** nginx's defaults with Kong's settings. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const MAX_HEADER_LINE_BYTES = 32 * 1024;
/** Of four buffers, each as large as a line, three are sure to be filled. */
const MAX_HEADER_BYTES = 3 * MAX_HEADER_LINE_BYTES;

const BAD_REQUEST = `HTTP/1.1 400 Bad Request\r\nServer: ${SERVER_NAME}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;

export interface ProxyOptions {
  state: GatewayState;
  plugins: PluginRunner;
  agent: Agent;
  log: BaseLogger;
  /** Default: none. */
  observe?: Observe | undefined;
}

/** @returns the server, not yet listening */
export function createProxy({ state, plugins, agent, log, observe }: ProxyOptions): Server {
  /** What nginx checks before Kong sees the request. @throws Refusal */
  function checkAsNginx({ raw, path, headers }: RequestContext): void {
    if (raw.url!.length > MAX_HEADER_LINE_BYTES) throw new Refusal(414, 'URI too long');
    if (raw.rawHeaders.some((text) => text.length > MAX_HEADER_LINE_BYTES))
      throw new Refusal(400, 'Request header or cookie too large');
    if (path === undefined || headers.getAll('host').length !== 1) throw new Refusal(400, 'Bad request');
    checkBodySize(Number(headers.get('content-length') ?? 0), state.bodyLimits);
  }

  async function serve(request: RequestContext): Promise<Answer> {
    refuseUnserved(request);
    const answer = await plugins.access(request);
    if (answer !== undefined) return answer;
    const isHeld = plugins.hasResponsePhase(request);
    // For the subrequest of a response phase, nginx checks the body again, now the one set by plugins.
    if (isHeld) checkBodySize((await request.body()).length, state.bodyLimits);
    const askedAt = Date.now();
    const {
      statusCode: status,
      headers,
      body,
    } = await askUpstream(request, agent).catch((error) => checkAgain(request, error));
    const held = isHeld ? { status, body: await hold(status, body) } : undefined;
    takeUpstreamHeaders(request, headers, askedAt, isHeld);
    if (held === undefined) return { status, body };
    request.heldAnswer = held;
    return (await plugins.response(request)) ?? held;
  }

  /** nginx redirects internally to its error page, and checks the body again, now the one set by plugins. */
  async function checkAgain(request: RequestContext, error: unknown): Promise<never> {
    checkBodySize((await request.body()).length, state.bodyLimits);
    throw error;
  }

  async function answer(request: RequestContext): Promise<Answer> {
    try {
      checkAsNginx(request);
    } catch (refusal) {
      return answerOf(refusal as Refusal, request);
    }
    const answer = await serve(request).catch((error: Error) => {
      const refusal = error instanceof Refusal ? error : unexpectedError(error);
      if (refusal.status === 500 && !request.raw.destroyed)
        log.error({ err: refusal.cause, requestId: request.id }, 'a request failed');
      return answerOf(refusal, request);
    });
    plugins.headerFilter(request);
    return answer;
  }

  async function writeObserved(
    response: ServerResponse,
    request: RequestContext,
    given: Answer,
    observer: Observer,
  ): Promise<void> {
    // Begun before the answer is sent: Node then discards what is unread.
    const unread = request.isRead ? undefined : readUnread(request.raw, state.bodyLimits.maxBytes);
    const { answer, passed } = tap(given);
    await writeAnswer(response, request, answer);
    const body = await unread;
    if (body !== undefined) observer.body(body);
    const isWhole = !response.destroyed || response.writableFinished;
    const { status } = answer;
    observer.end(
      isWhole ? { status, headers: request.responseHeaders.toRecord(), body: passed() } : undefined,
    );
  }

  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS, maxHeaderSize: MAX_HEADER_BYTES },
    (raw, response) => {
      const request = createRequestContext(raw, response, state);
      const observer = observe?.(request);
      request.onBody = observer?.body;
      answer(request)
        .then((answer) =>
          observer === undefined
            ? writeAnswer(response, request, answer)
            : writeObserved(response, request, answer, observer),
        )
        .catch((error: Error) => {
          // The client or the upstream disconnected midway through an answer, so no other can be given.
          log.debug({ err: error, requestId: request.id }, 'an answer broke off');
          response.destroy();
          observer?.end(undefined);
        });
    },
  );
  // Without a listener Node asks for every body; nginx asks only for one that is read, and a plugin may refuse before.
  server.on('checkContinue', (raw, response) => server.emit('request', raw, response));
  server.on('clientError', (_error, socket) => void socket.end(BAD_REQUEST));
  return server;
}

/** The sandbox is never laxer than Kong: it serves no route unless it knows all its rules and plugins. */
function refuseUnserved({ route, plugins }: RequestContext): void {
  if (route === undefined) throw new Refusal(404, 'no Route matched with those values');
  const [rule] = route.uncheckedRules;
  if (rule !== undefined)
    throw new Refusal(503, `the sandbox cannot check ${rule} of the route "${route.name}"`);
  const refusal = plugins.find(({ type }) => type.refusal !== undefined)?.type.refusal;
  if (refusal !== undefined) throw new Refusal(503, refusal);
}

/** @throws Refusal for an answer that breaks off: Kong keeps its status, even 200, and reports it in its own body */
async function hold(status: number, body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  try {
    return Buffer.from(await body.arrayBuffer());
  } catch (cause) {
    throw new Refusal(status, `The upstream server responded with ${status}`, { cause });
  }
}
