/** Refuses what can't be an event before its text is looked at. */

import { isUtf8 } from 'node:buffer';
import { headerText } from './headers';
import { Refusal } from './Refusal';
import type { IngestRequest } from './readRequest';
import { KINESIS_CONTENT_TYPE } from './signPutRecord';

/** @throws Refusal `unsupported_media_type`, `interrupted`, `empty_body`, `event_too_large`, `invalid_utf8`. */
export function checkRequest({ headers, body }: IngestRequest, maxEventBytes: number): void {
  const mediaType = (headerText(headers, 'content-type') ?? '').split(';', 1).join().trim().toLowerCase();
  if (
    mediaType === KINESIS_CONTENT_TYPE &&
    headerText(headers, 'authorization')?.startsWith('AWS4-HMAC-SHA256 ')
  ) {
    // Kong repeats an event when the plugin server dies under it. Headers that are already signed mean that it
    // died after they had been set: the client's own are gone, so the client has to send the event again.
    throw new Refusal('interrupted', 'the request was interrupted, send it again');
  }
  if (mediaType !== '' && mediaType !== 'application/json' && mediaType !== 'text/plain') {
    throw new Refusal('unsupported_media_type', 'the content type must be application/json or text/plain');
  }
  const encoding = headerText(headers, 'content-encoding')?.trim().toLowerCase();
  if (encoding !== undefined && encoding !== '' && encoding !== 'identity') {
    throw new Refusal('unsupported_media_type', 'a content encoding is not supported');
  }
  if (body.length === 0) throw new Refusal('empty_body', 'the request has no body');
  if (body.length > maxEventBytes) throw eventTooLarge(body.length, maxEventBytes);
  if (!isUtf8(body)) throw new Refusal('invalid_utf8', 'the body is not valid UTF-8');
}

export function eventTooLarge(bytes: number, maxEventBytes: number): Refusal {
  return new Refusal('event_too_large', `the event has ${bytes} bytes, the limit is ${maxEventBytes} bytes`);
}
