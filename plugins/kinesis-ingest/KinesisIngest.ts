/** A request's way: read, split, enrich and route its events; sign and send them; answer. */

import { type Logger, pino } from 'pino';
import { v7 as uuidV7 } from 'uuid';
import type { Kong } from '../../pluginserver/pdk';
import { answerTo, countResults, resultsOf } from './answer/answers';
import { isOver, refusalFor } from './answer/refusalFor';
import { sendAnswer, userIdHeaders } from './answer/sendAnswer';
import { type Config, parseConfig } from './config/config';
import type { RoutedRecord } from './events/KinesisRecord';
import { isRefused, type PreparedEvents, prepareEvents } from './events/prepareEvents';
import type { RefusedText } from './events/splitEvents';
import { credentialsSource, inTime } from './kinesis/credentials/credentials';
import type { CredentialsSource } from './kinesis/credentials/refreshedCredentials';
import { type FailureLog, failureLog } from './kinesis/failureLog';
import { requestSigner, type SignRequest } from './kinesis/signRequest';
import { countAccepted, countNotAccepted } from './metrics';
import { Refusal } from './refusals';
import { type Client, clientOf } from './request/client';
import { readBody } from './request/readBody';
import { type IngestRequest, readRequest } from './request/readRequest';
import { storeBadEvents } from './send/badEvents';
import { type Delivery, sharedDelivery } from './send/delivery';
import { callOf } from './send/proxyCall';
import { refuseRepeated, sendUpstream } from './send/sendUpstream';

/** What an instance takes from outside. Tests pass their own. */
export interface Surroundings {
  log: Logger;
  now: () => Date;
  newId: () => string;
  credentials: (config: Config, log: Logger) => CredentialsSource;
  delivery: (config: Config, credentials: CredentialsSource, log: Logger) => Delivery;
}

export class KinesisIngest {
  private readonly config: Config;
  private readonly credentials: CredentialsSource;
  private readonly delivery: Delivery;
  private readonly signRequest: SignRequest;
  private readonly failures: FailureLog;
  private readonly now: () => Date;
  private readonly newId: () => string;

  /** @throws ConfigError naming the field. */
  constructor(config: unknown, surroundings: Partial<Surroundings> = {}) {
    const log = surroundings.log ?? pino({ name: 'kinesis-ingest' });
    this.config = parseConfig(config);
    this.failures = failureLog(log);
    this.now = surroundings.now ?? (() => new Date());
    this.newId = surroundings.newId ?? uuidV7;
    this.credentials = (surroundings.credentials ?? credentialsSource)(this.config, log);
    this.signRequest = requestSigner(this.config.endpoint, this.config.region);
    this.delivery = (surroundings.delivery ?? sharedDelivery)(this.config, this.credentials, log);
  }

  /** Why requests can't be served at the moment; undefined if they can. */
  health(): string | undefined {
    return this.credentials.problem;
  }

  async access(kong: Kong): Promise<void> {
    let count = 1;
    try {
      const request = await readRequest(kong);
      refuseRepeated(request.headers);
      const receivedAt = this.now();
      const client = clientOf(request, this.config, this.newId);
      const prepared = await this.prepare(request, client, receivedAt);
      const badEventsStored = this.storeBadEvents(prepared, client.ip, receivedAt);
      if (isRefused(prepared)) {
        await badEventsStored;
        throw prepared.refusal;
      }
      count = prepared.events.length;
      if (this.config.delivery === 'batch') {
        await this.deliver(kong, request, prepared, badEventsStored);
      } else {
        if (badEventsStored !== undefined) await badEventsStored;
        await this.sendThroughKong(kong, request, prepared);
      }
    } catch (error) {
      if (isOver(error)) return;
      const refusal = await refusalFor(error, kong, this.failures);
      countNotAccepted(refusal.code, count);
      await kong.response.exit(refusal.status, refusal.body, refusal.headers);
    }
  }

  /** Decides about each event and sends nothing. @returns the body itself if it is refused as a bad event */
  private async prepare(
    request: IngestRequest,
    client: Client,
    receivedAt: Date,
  ): Promise<PreparedEvents | RefusedText> {
    let text = request.body;
    try {
      const reading = readBody(request, this.config.maxBodyBytes);
      const body = reading instanceof Promise ? await reading : reading;
      text = body.text;
      return prepareEvents(body, client, this.config, receivedAt, this.newId);
    } catch (error) {
      if (error instanceof Refusal && error.isBadEvent) return { refusal: error, text };
      throw error;
    }
  }

  /** @returns undefined if no stream is configured */
  private storeBadEvents(
    prepared: PreparedEvents | RefusedText,
    ip: string,
    receivedAt: Date,
  ): Promise<void> | undefined {
    const { badEventsStream: stream } = this.config;
    if (stream === undefined) return undefined;
    const refused = isRefused(prepared) ? [prepared] : prepared.events.filter(isRefused);
    return storeBadEvents(refused, { stream, delivery: this.delivery, ip, receivedAt });
  }

  /** Kong makes one signed call, and passes Kinesis's answer on to the client. */
  private async sendThroughKong(kong: Kong, request: IngestRequest, prepared: PreparedEvents): Promise<void> {
    const { config } = this;
    const { operation, body } = callOf(prepared);
    const got = this.credentials.get();
    const credentials = got instanceof Promise ? await inTime(got, config.batch.deadlineMs) : got;
    const headers = this.signRequest(operation, body, credentials, this.now());
    await sendUpstream(kong, request, config, headers, body, userIdHeaders(prepared.userId, config));
    countAccepted(prepared.events.length);
  }

  /** The plugin server makes the calls, shared with other requests. The client is answered once its events are stored. */
  private async deliver(
    kong: Kong,
    request: IngestRequest,
    { events, several, userId }: PreparedEvents,
    badEventsStored: Promise<void> | undefined,
  ): Promise<void> {
    const records = events.filter((event): event is RoutedRecord => !isRefused(event));
    const [outcomes] = await Promise.all([this.delivery.put(records), badEventsStored]);
    const results = resultsOf(events, outcomes);
    const answer = answerTo(results, several);
    countResults(results);
    await sendAnswer(kong, request.headers, answer, userIdHeaders(userId, this.config));
  }
}
