/** One request's way: read, split, enrich, route, then sign and send it through Kong, or deliver it here. */

import { type Logger, pino } from 'pino';
import { v7 as uuidV7 } from 'uuid';
import type { Kong, PdkError } from '../../pluginserver/pdk';
import { type Answer, answerToOne, answerToSeveral, codeOf, type EventResult } from './answer/answers';
import { userIdHeaders } from './answer/userIdHeaders';
import { type Config, parseConfig } from './config/config';
import type { PreparedEvent } from './events/prepareEvent';
import { isRefused, type PreparedRequest, prepareEvents } from './events/prepareEvents';
import { type CredentialsSource, credentialsSource } from './kinesis/credentials/credentials';
import { inTime } from './kinesis/credentials/inTime';
import { encodePutRecord, encodePutRecords } from './kinesis/encodeRecords';
import { type FailureLog, failureLog } from './kinesis/failureLog';
import { requestSigner, type SignRequest } from './kinesis/signRequest';
import { countAccepted, countNotAccepted } from './metrics';
import { Refusal } from './refusals';
import { clientOf } from './request/client';
import { readBody } from './request/readBody';
import { type IngestRequest, readRequest } from './request/readRequest';
import { keepBadEvents } from './send/badEvents';
import { type Delivery, sharedDelivery } from './send/delivery';
import { sendUpstream } from './send/sendUpstream';

/** What the plugin takes from its surroundings; tests bring their own. */
export interface Surroundings {
  log: Logger;
  now: () => Date;
  newId: () => string;
  credentials: (config: Config, log: Logger) => CredentialsSource;
  delivery: (config: Config, credentials: CredentialsSource, log: Logger) => Delivery;
}

/** What is to be sent, while what can't be is already on its way into its own stream. */
interface Prepared extends PreparedRequest {
  /** Resolves when the bad events are stored, or are known to be lost; undefined where there is nothing to wait for. */
  badEventsKept: Promise<void> | undefined;
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

  /** Why requests can't be served just now; undefined where they can. */
  health(): string | undefined {
    return this.credentials.problem;
  }

  async access(kong: Kong): Promise<void> {
    let events = 1;
    try {
      const request = await readRequest(kong);
      const prepared = await this.prepare(request);
      events = prepared.events.length;
      if (this.config.delivery === 'proxy') await this.sendThroughKong(kong, request, prepared);
      else await this.deliver(kong, request, prepared);
    } catch (error) {
      if (!isOver(error)) await this.refuse(kong, error, events);
    }
  }

  private async prepare(request: IngestRequest): Promise<Prepared> {
    const { config, newId } = this;
    const receivedAt = this.now();
    const client = clientOf(request, config, newId);
    let text = request.body;
    try {
      const reading = readBody(request, config.maxBodyBytes);
      const body = reading instanceof Promise ? await reading : reading;
      text = body.text;
      const { events, several, userId } = prepareEvents(body, client, config, receivedAt, newId);
      return { events, several, userId, badEventsKept: this.keepBad(events, client.ip, receivedAt) };
    } catch (error) {
      if (error instanceof Refusal && error.isBadEvent)
        await this.keepBad([{ refusal: error, text }], client.ip, receivedAt);
      throw error;
    }
  }

  private keepBad(
    events: PreparedRequest['events'],
    ip: string,
    receivedAt: Date,
  ): Promise<void> | undefined {
    const { badEventsStream: stream } = this.config;
    if (stream === undefined) return undefined;
    return keepBadEvents(events.filter(isRefused), { stream, delivery: this.delivery, ip, receivedAt });
  }

  /** One signed call, which Kong makes: Kinesis's answer goes to the client as it comes. */
  private async sendThroughKong(kong: Kong, request: IngestRequest, prepared: Prepared): Promise<void> {
    const { config } = this;
    if (prepared.badEventsKept !== undefined) await prepared.badEventsKept;
    const records = recordsForOneCall(prepared);
    const { stream } = records[0]!;
    const operation = prepared.several ? 'PutRecords' : 'PutRecord';
    const body = prepared.several ? encodePutRecords(stream, records) : encodePutRecord(stream, records[0]!);
    const got = this.credentials.get();
    const credentials = got instanceof Promise ? await inTime(got, config.batch.deadlineMs) : got;
    const headers = this.signRequest(operation, body, credentials, this.now());
    await sendUpstream(kong, request, config, headers, body, userIdHeaders(prepared.userId, config));
    countAccepted(records.length);
  }

  /** Calls of our own, shared with other requests: the client is answered when its events are stored. */
  private async deliver(
    kong: Kong,
    { headers }: IngestRequest,
    { events, several, userId, badEventsKept }: Prepared,
  ): Promise<void> {
    const records = events.filter((event): event is PreparedEvent => !isRefused(event));
    const [outcomes] = await Promise.all([this.delivery.put(records), badEventsKept]);
    let next = 0;
    const results = events.map(
      (event): EventResult => (isRefused(event) ? event.refusal : outcomes[next++]!),
    );
    const answer: Answer = several ? answerToSeveral(results) : answerToOne(results[0]!);
    for (const result of results) {
      const code = codeOf(result);
      if (code === undefined) countAccepted(1);
      else countNotAccepted(code);
    }
    await Promise.all([
      ...CONDITIONS.filter((name) => name in headers).map((name) => kong.service.request.clearHeader(name)),
      kong.response.exit(answer.status, answer.body, {
        ...answer.headers,
        ...userIdHeaders(userId, this.config),
      }),
    ]);
  }

  /** @param events as many as the request has, or 1 where that is not known */
  private async refuse(kong: Kong, error: unknown, events: number): Promise<void> {
    const refusal = error instanceof Refusal ? error : await this.internalError(kong, error);
    countNotAccepted(refusal.code, events);
    await kong.response.exit(refusal.status, refusal.body, refusal.headers);
  }

  private async internalError(kong: Kong, error: unknown): Promise<Refusal> {
    const requestId = await kong.nginx.getVar('kong_request_id').catch(() => undefined);
    this.failures.error(String(error), { err: error, requestId }, 'an event could not be handled');
    return new Refusal(
      'internal_error',
      `the event could not be handled, request ${requestId ?? 'without id'}`,
      { cause: error },
    );
  }
}

/** On which nginx would turn a 200 of ours into a 304, or into no answer at all, although the event is stored. */
const CONDITIONS = ['if-match', 'if-none-match', 'if-unmodified-since'];

/** Whether Kong has left the event, for example with a client that went away: there is nobody to answer. */
function isOver(error: unknown): boolean {
  const code = (error as PdkError | undefined)?.code;
  return code === 'ERR_CONNECTION_CLOSED' || code === 'ERR_EVENT_OVER';
}

/** @throws Refusal where one call of Kong's can't carry the request: it is told in full, and nothing of it is sent */
function recordsForOneCall({ events, several }: PreparedRequest): readonly PreparedEvent[] {
  if (events.some(isRefused)) {
    const [first] = events;
    if (!several && isRefused(first!)) throw first.refusal;
    const refused = events.flatMap((event, index) => (isRefused(event) ? [{ index, ...event }] : []));
    const reason = `${refused.length} of ${events.length} events can't be taken; leave them out and send the others again`;
    throw new Refusal('invalid_events', reason, {
      details: {
        events: refused.map(({ index, refusal }) => ({ index, code: refusal.code, message: refusal.reason })),
      },
    });
  }
  const records = events as readonly PreparedEvent[];
  if (records.some(({ stream }) => stream !== records[0]!.stream)) {
    throw new Refusal(
      'mixed_streams',
      'the events go to several streams: send those of each by themselves, or have the gateway set to delivery: batch',
    );
  }
  return records;
}
