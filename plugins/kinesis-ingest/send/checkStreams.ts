/** Checks each stream once when events go there, and logs where it differs from what the configuration assumes. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../config/config';
import { streamName } from '../config/stream';
import type { CredentialsSource } from '../kinesis/credentials/refreshedCredentials';
import { describeStream, type StreamSummary } from './describeStream';

const TIMEOUT_MS = 5_000;
/** Kinesis describes 20 streams a second for a whole account, and many processes may start together. */
const TRIES = 5;
const MOST_PAUSE_MS = 20_000;

export type CheckedConfig = Pick<Config, 'region' | 'endpoint' | 'batch' | 'maxEventBytes'>;

/**
 * Nobody waits for the result. A stream that Kinesis doesn't describe is not checked.
 *
 * @param mostPauseMs the longest pause before a stream is asked for again
 * @returns a function to call with a stream when the first event goes there
 */
export function streamChecks(
  { region, endpoint, batch, maxEventBytes }: CheckedConfig,
  credentials: CredentialsSource,
  log: Logger,
  mostPauseMs = MOST_PAUSE_MS,
): (stream: string) => void {
  let isDescribing = true;

  async function check(stream: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      const keys = await credentials.get();
      // If one stream may not be described, usually the others may not either: one line is enough.
      if (!isDescribing) return;
      const options = { endpoint, region, credentials: keys, timeoutMs: TIMEOUT_MS };
      const told = await describeStream(stream, options);
      if (!('kind' in told)) return compare(stream, told);
      const isOver = told.kind === 'rejected' || told.kind === 'invalid';
      if (isOver || tries === TRIES) {
        if (isDescribing)
          log.info({ stream: streamName(stream), code: told.code }, 'the stream was not described');
        if (isOver) isDescribing = false;
        return;
      }
      await sleep(Math.random() * mostPauseMs, undefined, { ref: false });
    }
  }

  function compare(stream: string, { ignoresKeys, maxRecordBytes }: StreamSummary): void {
    const name = streamName(stream);
    if (ignoresKeys && batch.ordering === 'per_key')
      log.warn(
        { stream: name },
        'the stream chooses shards by itself: events with the same partition key have no order',
      );
    if (maxEventBytes > maxRecordBytes)
      log.warn(
        { stream: name, maxRecordBytes, maxEventBytes },
        'the stream takes smaller events than the plugin',
      );
  }

  return (stream) => {
    check(stream).catch(() => undefined);
  };
}
