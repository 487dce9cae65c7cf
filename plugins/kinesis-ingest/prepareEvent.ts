/** Makes the record of an event: enriched, with its partition key, for its stream. */

import { chooseStream } from './chooseStream';
import type { Client } from './client';
import type { Config } from './config';
import type { RoutedRecord } from './delivery/delivery';
import { recordBytes } from './encodeRecords';
import { enrich } from './enrich';
import { choosePartitionKey } from './partitionKey';
import { Refusal } from './Refusal';
import type { EventText } from './spliceEvent';

export interface PreparedEvent extends RoutedRecord {
  userId: string | undefined;
}

export interface PrepareOptions {
  receivedAt: Date;
  newId: () => string;
  sharedTexts?: readonly (string | undefined)[] | undefined;
  /** Throws where all the request's events together would be too large; asked before memory is taken. */
  claimBytes: (bytes: number) => void;
}

/** @throws Refusal `event_too_large` */
export function prepareEvent(
  event: EventText,
  client: Client,
  config: Config,
  options: PrepareOptions,
): PreparedEvent {
  const { maxEventBytes } = config;
  const sentBytes = event.end - event.start;
  if (sentBytes > maxEventBytes) throw eventTooLarge(sentBytes, maxEventBytes);
  const enriched = enrich(event, client, config, {
    ...options,
    checkBytes(bytes) {
      if (bytes > maxEventBytes) throw eventTooLarge(bytes, maxEventBytes);
      options.claimBytes(bytes);
    },
  });
  const record = {
    stream: chooseStream(config.streams, enriched, config.stream),
    partitionKey: choosePartitionKey(config.partitionKey, enriched, client.ip),
    data: enriched.data,
    userId: enriched.userId,
  };
  const bytes = recordBytes(record);
  if (bytes > maxEventBytes) throw eventTooLarge(bytes, maxEventBytes);
  return record;
}

function eventTooLarge(bytes: number, maxEventBytes: number): Refusal {
  return new Refusal('event_too_large', `the event has ${bytes} bytes, the limit is ${maxEventBytes} bytes`);
}
