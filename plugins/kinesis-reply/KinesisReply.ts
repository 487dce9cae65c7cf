/** The path of an answer back to the client: read, map, log the cause, answer. */

import { type Logger, pino } from 'pino';
import type { Headers, Kong } from '../../pluginserver/pdk';
import { renewShared } from '../kinesis-ingest/kinesis/credentials/credentials';
import { type FailureLog, failureLog } from '../kinesis-ingest/kinesis/failureLog';
import { failureOf, JSON_HEADERS } from '../kinesis-ingest/refusals';
import { mapAnswer, type Reply } from './mapAnswer';
import { DEFAULT_RETRY_AFTER_SECONDS } from './schema';

/** Kong returns no more than this. */
const MAX_HEADERS = 1000;
/** AWS's own headers: request ids, error types. */
const AWS_HEADER = /^x-amz/i;
const REMOVED: readonly string[] = [];

export class KinesisReply {
  private readonly retryAfter: string;
  private readonly failures: FailureLog;

  constructor(config: unknown, surroundings: { log?: Logger } = {}) {
    const { retry_after } = (config ?? {}) as { retry_after?: number | null };
    this.retryAfter = String(retry_after ?? DEFAULT_RETRY_AFTER_SECONDS);
    this.failures = failureLog(surroundings.log ?? pino({ name: 'kinesis-reply' }));
  }

  /** Kong runs this only for an upstream's answers, not for a plugin's or for its own 502, 503 and 504. */
  async response(kong: Kong): Promise<void> {
    const [status, body, headers] = await Promise.all([
      kong.service.response.getStatus(),
      kong.service.response.getRawBody(),
      // These include headers that plugins have set. Kong gives the upstream's own headers only one at a time.
      kong.response.getHeaders(MAX_HEADERS),
    ]);
    const reply = mapAnswer({ status, body: Buffer.from(body).toString(), headers });
    const awsHeaders = Object.keys(headers).filter((name) => AWS_HEADER.test(name));
    if (reply === undefined) {
      await Promise.all(awsHeaders.map((name) => kong.response.clearHeader(name)));
      return;
    }
    this.logCauses(status, reply);
    // kinesis-ingest signs the next call with other keys, if there are any.
    if (reply.keysRefused) renewShared();
    // The body is now ours and not compressed.
    const removed = [
      ...awsHeaders,
      ...(Object.hasOwn(headers, 'content-encoding') ? ['content-encoding'] : []),
    ];
    await kong.response.exit(reply.status, reply.body, {
      ...Object.fromEntries(removed.map((name) => [name, REMOVED])),
      ...this.headersOf(reply),
    });
  }

  private headersOf({ refused }: Reply): Headers {
    if (refused === undefined) return {};
    const mayRetry = failureOf(refused).retryAfter !== undefined;
    return { ...JSON_HEADERS, ...(mayRetry && { 'retry-after': this.retryAfter }) };
  }

  // Not named "log", which would be a phase.
  private logCauses(status: number, { refused, causes }: Reply): void {
    for (const { code, message } of causes) {
      const fields = {
        plugin: 'kinesis-reply',
        status,
        code,
        kinesis: message,
        answered: refused ?? 'in part',
      };
      this.failures.error(code, fields, 'Kinesis has not taken everything');
    }
  }
}
