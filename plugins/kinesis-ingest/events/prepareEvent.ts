/** Makes the record of an event: enriched, with its partition key, for its stream. */

import type { Config } from '../config/config';
import { recordBytes } from '../kinesis/encodeRecords';
import { Refusal } from '../refusals';
import type { Client } from '../request/client';
import type { RoutedRecord } from '../send/delivery';
import { chooseStream } from './chooseStream';
import { type EnrichOptions, enrich } from './enrich';
import { choosePartitionKey } from './partitionKey';
import { bytesOf, type EventText } from './spliceEvent';

export interface PreparedEvent extends RoutedRecord {
  userId: string | undefined;
}

/** @throws Refusal `event_too_large` */
export function prepareEvent(
  event: EventText,
  client: Client,
  config: Config,
  options: EnrichOptions,
): PreparedEvent {
  const { maxEventBytes } = config;
  const sentBytes = event.end - event.start;
  if (sentBytes > maxEventBytes) throw eventTooLarge(sentBytes, maxEventBytes);
  const enriched = enrich(event, client, config, options);
  const record = {
    stream: chooseStream(config.streams, enriched, config.stream),
    partitionKey: choosePartitionKey(config.partitionKey, enriched, client.ip, config.partitionKeySalt),
    // In a queue, what is yet to be written would hold the request's whole body.
    data: config.delivery === 'proxy' ? enriched.data : bytesOf(enriched.data),
    userId: enriched.userId,
  };
  const bytes = recordBytes(record);
  if (bytes > maxEventBytes) throw eventTooLarge(bytes, maxEventBytes);
  return record;
}

export function eventTooLarge(bytes: number, maxEventBytes: number): Refusal {
  return new Refusal('event_too_large', `the event has ${bytes} bytes, the limit is ${maxEventBytes} bytes`);
}
