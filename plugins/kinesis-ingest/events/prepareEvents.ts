/** Turns each event of a request into an enriched record for its stream, or into a refusal. */

import type { Reservation } from '../../../pluginserver/pdk';
import type { Config } from '../config/config';
import type { ContractSet } from '../contracts/ContractSet';
import { Refusal, type RefusalCode } from '../refusals';
import type { Client } from '../request/client';
import type { RequestBody } from '../request/readBody';
import { contractChecker } from './checkContract';
import { chooseStream } from './chooseStream';
import { type Event, storedJson } from './Event';
import { checkEventBytes, EventSizes } from './EventSizes';
import { bytesOf } from './editEvent';
import { enrichEvent } from './enrichEvent';
import { type RoutedRecord, recordBytes } from './KinesisRecord';
import { choosePartitionKey } from './partitionKey';
import { type RequestFields, requestFields } from './requestFields';
import { type RefusedText, splitEvents } from './splitEvents';

/** The events of a request in their order, each a record or refused. */
export interface PreparedEvents {
  events: readonly (RoutedRecord | RefusedText)[];
  /** Whether the client is answered per event. */
  several: boolean;
  /** The first user id among the events, which the client gets; undefined if it asks not to be recognised. */
  userId: string | undefined;
}

/** Codes that concern one event alone. All others concern the whole request. */
const OF_ONE_EVENT: ReadonlySet<RefusalCode> = new Set(['event_too_large', 'contract_violated']);

/** Changes nothing outside. @throws Refusal if the request as a whole can't be accepted */
export function prepareEvents(
  body: RequestBody,
  client: Client,
  config: Config,
  receivedAt: Date,
  newId: () => string,
  work: Reservation,
  contracts?: ContractSet,
): PreparedEvents {
  const fields = requestFields(client, config, receivedAt);
  const { events, several } = splitEvents(body, fields, config.maxEvents);
  const sizes = new EventSizes(config, several, body.text.length, work);
  const checkContract =
    config.contracts && contracts && contractChecker(config.contracts, contracts, work, sizes);
  let userId: string | undefined;

  function prepare(event: Event): RoutedRecord {
    checkEventBytes(event.end - event.start, config.maxEventBytes);
    const enriched = enrichEvent(event, fields, client, newId, sizes, checkContract);
    const record = {
      stream: chooseStream(config.streams, event, fields.byNumber, config.stream),
      partitionKey: partitionKeyOf(event, enriched.userId, fields, client, config),
      // In a queue, a text not yet written would keep the request's whole body in memory.
      data: config.delivery === 'proxy' ? enriched.data : bytesOf(enriched.data),
    };
    sizes.count(recordBytes(record));
    userId ??= enriched.userId;
    return record;
  }

  const prepared = events.map((event) => {
    if (isRefused(event)) return event;
    sizes.nextEvent();
    try {
      return prepare(event);
    } catch (error) {
      if (!(error instanceof Refusal) || !OF_ONE_EVENT.has(error.code)) throw error;
      return { refusal: error, text: event.text.subarray(event.start, event.end) };
    }
  });
  return { events: prepared, several, userId: client.isPrivate ? undefined : userId };
}

function partitionKeyOf(
  event: Event,
  userId: string | undefined,
  fields: RequestFields,
  { ip }: Client,
  { partitionKey: kind, partitionKeySalt: salt }: Config,
): string {
  const json = typeof kind === 'object' ? storedJson(event, fields.byNumber[kind.field]!) : undefined;
  return choosePartitionKey(kind, { json, ip, userId }, salt);
}

export function isRefused<Other extends object>(event: Other | RefusedText): event is RefusedText {
  return 'refusal' in event;
}
