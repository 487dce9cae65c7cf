/** The path of a request: read, split, enrich and route its events; sign and send them; answer. */

import { type Logger, pino } from 'pino';
import { v7 as uuidV7 } from 'uuid';
import type { Kong, Memory, Reservation } from '../../pluginserver/pdk';
import { answerTo, countResults, resultsOf } from './answer/answers';
import { isOver, refusalFor } from './answer/refusalFor';
import { sendAnswer, userIdHeaders } from './answer/sendAnswer';
import { ConfigError } from './config/checkConfig';
import { type Config, parseConfig } from './config/config';
import type { Contracts } from './contracts/contractFolder';
import { contractsInForce } from './contracts/inForce';
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
import { clientShare } from './request/clientShare';
import { readBody } from './request/readBody';
import { type IngestRequest, readRequest } from './request/readRequest';
import { storeBadEvents } from './send/badEvents';
import { type Delivery, sharedDelivery } from './send/delivery';
import { callOf } from './send/proxyCall';
import { refuseRepeated, sendUpstream } from './send/sendUpstream';

/** What an instance takes from outside. Tests pass their own. */
export interface Surroundings {
  log: Logger;
  /** Default, as on the stock plugin server: unlimited. */
  memory: Memory;
  now: () => Date;
  newId: () => string;
  credentials: (config: Config, log: Logger) => CredentialsSource;
  delivery: (config: Config, credentials: CredentialsSource, log: Logger) => Delivery;
  /** Default: those of the plugin server's `--contracts`. */
  contracts: Contracts;
}

const NO_BODY = Buffer.alloc(0);
const UNLIMITED: Reservation = { grow: () => true, shrink: () => undefined, release: () => undefined };
const UNLIMITED_MEMORY: Memory = { reserve: () => UNLIMITED };

export class KinesisIngest {
  private readonly config: Config;
  private readonly credentials: CredentialsSource;
  private readonly delivery: Delivery;
  private readonly signRequest: SignRequest;
  private readonly failures: FailureLog;
  private readonly memory: Memory;
  private readonly contracts: Contracts | undefined;
  private readonly badEventsUnderWay = new Set<Promise<void>>();
  private readonly now: () => Date;
  private readonly newId: () => string;

  /** @throws ConfigError naming the field. */
  constructor(config: unknown, surroundings: Partial<Surroundings> = {}) {
    const log = surroundings.log ?? pino({ name: 'kinesis-ingest' });
    this.config = parseConfig(config);
    this.failures = failureLog(log);
    this.memory = surroundings.memory ?? UNLIMITED_MEMORY;
    this.contracts = this.config.contracts && (surroundings.contracts ?? contractsInForce());
    if (this.config.contracts !== undefined && this.contracts === undefined)
      throw new ConfigError('contracts', 'needs the option --contracts DIR of kong-pluginserver');
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

  /** What needs fixing, though requests are served. */
  warning(): string | undefined {
    const problem = this.contracts?.problem;
    return problem && `changed contracts cannot be taken, the former ones stay in force: ${problem}`;
  }

  /** @returns once the bad events, which no request waits for, are stored or known to be lost */
  async finish(): Promise<void> {
    await Promise.all(this.badEventsUnderWay);
  }

  async access(kong: Kong): Promise<void> {
    let count = 1;
    let work: Reservation | undefined;
    try {
      const request = await readRequest(kong, this.config.fields.consumer !== undefined);
      refuseRepeated(request.headers);
      const receivedAt = this.now();
      const client = clientOf(request, this.config, this.newId);
      work = this.reserveFor(request);
      const prepared = await this.prepare(request, client, receivedAt, work);
      this.storeBadEvents(prepared, request, client.ip, receivedAt);
      if (isRefused(prepared)) throw prepared.refusal;
      count = prepared.events.length;
      if (this.config.delivery === 'batch') await this.deliver(kong, request, prepared, work);
      else await this.sendThroughKong(kong, request, prepared);
    } catch (error) {
      if (isOver(error)) return;
      const refusal = await refusalFor(error, kong, this.failures);
      countNotAccepted(refusal.code, count);
      await kong.response.exit(refusal.status, refusal.body, refusal.headers);
    } finally {
      work?.release();
    }
  }

  private reserveFor({ ip }: IngestRequest): Reservation {
    return this.memory.reserve(clientShare(ip));
  }

  /** Decides about each event and sends nothing. @returns the body itself if it is refused as a bad event */
  private async prepare(
    request: IngestRequest,
    client: Client,
    receivedAt: Date,
    work: Reservation,
  ): Promise<PreparedEvents | RefusedText> {
    let text = request.body;
    try {
      const reading = readBody(request, this.config.maxBodyBytes, work);
      const body = reading instanceof Promise ? await reading : reading;
      text = body.text;
      return prepareEvents(body, client, this.config, receivedAt, this.newId, work, this.contracts?.current);
    } catch (error) {
      if (error instanceof Refusal && error.isBadEvent) return { refusal: error, text };
      throw error;
    }
  }

  /** Nobody waits for bad events: the client learns about them anyway, and good ones must not wait for their stream. */
  private storeBadEvents(
    prepared: PreparedEvents | RefusedText,
    request: IngestRequest,
    ip: string,
    receivedAt: Date,
  ): void {
    const { badEventsStream: stream } = this.config;
    if (stream === undefined) return;
    const refused = isRefused(prepared) ? [prepared] : prepared.events.filter(isRefused);
    if (refused.length === 0) return;
    const work = this.reserveFor(request);
    const storing = storeBadEvents(refused, { stream, delivery: this.delivery, ip, receivedAt, work });
    this.badEventsUnderWay.add(storing);
    void storing.then(() => this.badEventsUnderWay.delete(storing));
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
    work: Reservation,
  ): Promise<void> {
    const records = events.filter((event): event is RoutedRecord => !isRefused(event));
    // Records are copies, which the queue pays for. Only refused events keep the body in memory.
    request.body = NO_BODY;
    if (records.length === events.length) work.release();
    const outcomes = await this.delivery.put(records, this.reserveFor(request));
    const results = resultsOf(events, outcomes);
    const answer = answerTo(results, several, this.config.allOrRetry);
    countResults(results);
    await sendAnswer(kong, request.headers, answer, userIdHeaders(userId, this.config));
  }
}
