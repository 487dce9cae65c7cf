/** One request's way: read, check, enrich, encode, sign, send. */

import { type Logger, pino } from 'pino';
import { v7 as uuidV7 } from 'uuid';
import type { Kong } from '../../pluginserver/pdk';
import { checkRequest, eventTooLarge } from './checkRequest';
import { type Config, parseConfig } from './config';
import { type CredentialsSource, credentialsSource } from './credentials';
import { encodePutRecord } from './encodePutRecord';
import { enrich } from './enrich';
import { choosePartitionKey } from './partitionKey';
import { Refusal } from './Refusal';
import { readRequest } from './readRequest';
import { sendUpstream } from './sendUpstream';
import { signPutRecord } from './signPutRecord';

/** What the plugin takes from its surroundings; tests bring their own. */
export interface Surroundings {
  log: Logger;
  now: () => Date;
  newId: () => string;
  credentials: (config: Config, log: Logger) => CredentialsSource;
}

export class KinesisIngest {
  private readonly config: Config;
  private readonly credentials: CredentialsSource;
  private readonly log: Logger;
  private readonly now: () => Date;
  private readonly newId: () => string;

  /** @throws ConfigError naming the field. */
  constructor(config: unknown, surroundings: Partial<Surroundings> = {}) {
    this.config = parseConfig(config);
    this.log = surroundings.log ?? pino({ name: 'kinesis-ingest' });
    this.now = surroundings.now ?? (() => new Date());
    this.newId = surroundings.newId ?? uuidV7;
    this.credentials = (surroundings.credentials ?? credentialsSource)(this.config, this.log);
  }

  async access(kong: Kong): Promise<void> {
    try {
      const { config } = this;
      const request = await readRequest(kong);
      checkRequest(request, config.maxEventBytes);
      const event = enrich(request, config, this.now(), this.newId);
      const partitionKey = choosePartitionKey(config.partitionKey, event, request.ip);
      const recordBytes = event.data.length + Buffer.byteLength(partitionKey);
      if (recordBytes > config.maxEventBytes) throw eventTooLarge(recordBytes, config.maxEventBytes);

      const body = encodePutRecord(config.stream, partitionKey, event.data);
      const credentials = await this.credentials.get();
      const headers = signPutRecord(body, config.endpoint, config.region, credentials, this.now());
      await sendUpstream(kong, request, config, headers, body, event.userId);
    } catch (error) {
      await this.refuse(kong, error);
    }
  }

  private async refuse(kong: Kong, error: unknown): Promise<void> {
    const refusal = error instanceof Refusal ? error : await this.internalError(kong, error);
    await kong.response.exit(refusal.status, refusal.body, refusal.headers);
  }

  private async internalError(kong: Kong, error: unknown): Promise<Refusal> {
    const requestId = await kong.nginx.getVar('kong_request_id').catch(() => undefined);
    this.log.error({ err: error, requestId }, 'an event could not be handled');
    return new Refusal(
      'internal_error',
      `the event could not be handled, request ${requestId ?? 'without id'}`,
      {
        cause: error,
      },
    );
  }
}
