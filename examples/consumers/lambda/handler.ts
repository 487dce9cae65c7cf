/**
 * An AWS Lambda function on the stream: keeps each event once, puts what is no event aside, and has Lambda repeat what
 * failed for another reason, from the first such record on.
 *
 * Lambda's own on-failure destination gets what is left when the attempts are used up. It is a poor place for a record that
 * no repeat mends: such a record would first cost all attempts, and then take those behind it along, for Lambda gives up a
 * batch from the failed record on, and tells only where in the stream it was.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */

/** What Lambda gives a function of a Kinesis stream. https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html */
export interface KinesisEvent {
  Records: readonly KinesisEventRecord[];
}

export interface KinesisEventRecord {
  /** Shard and sequence number. */
  eventID: string;
  kinesis: { sequenceNumber: string; partitionKey: string; data: string };
}

/** Lambda repeats everything from the named record on. Empty: all is done. */
export interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

export interface StoredEvent {
  /** The event's own id, else the record's place in the stream. */
  id: string;
  /** The record's text: numbers beyond 2^53 would lose digits in JSON.parse. */
  text: string;
}

export interface Surroundings {
  /** Keeps an event. To keep it again under its id must change nothing: Lambda, Kinesis and clients repeat. */
  keep(event: StoredEvent): Promise<void>;
  /** Keeps a record that is no event, and why. */
  putAside(record: KinesisEventRecord, reason: string): Promise<void>;
  /** Hears of failures, without the event's text. Default: a line of JSON on the standard error. */
  log?(line: object): void;
}

export function createHandler({ keep, putAside, log = writeLine }: Surroundings) {
  /** Takes records one after the other, so that a key's events stay in order. */
  return async ({ Records }: KinesisEvent): Promise<BatchResponse> => {
    for (const record of Records) {
      try {
        const event = readEvent(record);
        await (typeof event === 'string' ? putAside(record, event) : keep(event));
      } catch (error) {
        const { sequenceNumber } = record.kinesis;
        const { name, message } = error as Error;
        log({ level: 'error', sequenceNumber, error: name, message });
        return { batchItemFailures: [{ itemIdentifier: sequenceNumber }] };
      }
    }
    return { batchItemFailures: [] };
  };
}

/** @returns why it is none, where it is none */
function readEvent({ eventID, kinesis }: KinesisEventRecord): StoredEvent | string {
  const bytes = Buffer.from(kinesis.data, 'base64');
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const event: unknown = JSON.parse(text);
    if (typeof event !== 'object' || event === null || Array.isArray(event)) return 'not_an_object';
    const { event_id: id } = event as { event_id?: unknown };
    return { id: typeof id === 'string' && id !== '' ? id : eventID, text };
  } catch {
    return 'invalid_json';
  }
}

function writeLine(line: object): void {
  console.error(JSON.stringify(line));
}
