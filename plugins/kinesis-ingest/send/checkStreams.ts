/** Looks once at each stream that events go to, and says where it is not what the configuration goes by. */

import type { Logger } from 'pino';
import type { Config } from '../config/config';
import { streamName } from '../config/stream';
import type { CredentialsSource } from '../kinesis/credentials/refreshedCredentials';
import { describeStream } from './describeStream';

const TIMEOUT_MS = 5_000;

export type CheckedConfig = Pick<Config, 'region' | 'endpoint' | 'batch' | 'maxEventBytes'>;

/**
 * Nobody waits for what it finds, and where Kinesis doesn't tell, nothing is found.
 *
 * @returns a function that is told of a stream when the first event goes there
 */
export function streamChecks(
  { region, endpoint, batch, maxEventBytes }: CheckedConfig,
  credentials: CredentialsSource,
  log: Logger,
): (stream: string) => void {
  let isDescribing = true;

  async function check(stream: string): Promise<void> {
    const keys = await credentials.get();
    // Where one stream may not be described, the others mostly may not either: one line is enough.
    if (!isDescribing) return;
    const told = await describeStream(stream, { endpoint, region, credentials: keys, timeoutMs: TIMEOUT_MS });
    const name = streamName(stream);
    if ('kind' in told) {
      if (isDescribing) log.info({ stream: name, code: told.code }, 'the stream was not described');
      isDescribing = false;
      return;
    }
    if (told.ignoresKeys && batch.ordering === 'per_key')
      log.warn(
        { stream: name },
        'the stream chooses shards by itself: events with the same partition key have no order',
      );
    const { maxRecordBytes } = told;
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
