/** The one call in which Kong sends a request's events. */

import type { RoutedRecord } from '../events/KinesisRecord';
import { isRefused, type PreparedEvents } from '../events/prepareEvents';
import { encodePutRecord, encodePutRecords } from '../kinesis/encodeRecords';
import type { Operation } from '../kinesis/signRequest';
import { Refusal } from '../refusals';

export interface ProxyCall {
  operation: Operation;
  body: Buffer;
}

/** @throws Refusal if one call can't carry the request. Then nothing of it is sent. */
export function callOf({ events, several }: PreparedEvents): ProxyCall {
  const records = allRecords(events, several);
  const [first] = records;
  const { stream } = first!;
  if (!several) return { operation: 'PutRecord', body: encodePutRecord(stream, first!) };
  if (records.some((record) => record.stream !== stream)) {
    throw new Refusal(
      'mixed_streams',
      'the events go to several streams: send those of each by themselves, or have the gateway set to delivery: batch',
    );
  }
  return { operation: 'PutRecords', body: encodePutRecords(stream, records) };
}

function allRecords(events: PreparedEvents['events'], several: boolean): readonly RoutedRecord[] {
  const records: RoutedRecord[] = [];
  const refused: { index: number; code: string; message: string }[] = [];
  events.forEach((event, index) => {
    if (!isRefused(event)) records.push(event);
    else if (!several) throw event.refusal;
    else refused.push({ index, code: event.refusal.code, message: event.refusal.reason });
  });
  if (refused.length === 0) return records;
  const reason = `${refused.length} of ${events.length} events can't be taken; leave them out and send the others again`;
  throw new Refusal('invalid_events', reason, { details: { events: refused } });
}
