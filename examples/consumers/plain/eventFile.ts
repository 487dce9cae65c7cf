/**
 * A file with a line per event, each event once. It stands for your table: what makes a consumer's work idempotent is that
 * the store itself knows the ids of what it holds.
 */

import { open } from 'node:fs/promises';
import type { _Record as KinesisRecord } from '@aws-sdk/client-kinesis';

export interface EventFile {
  /** Appends those events that it doesn't hold yet. */
  append(records: readonly KinesisRecord[], shard: string): Promise<void>;
  close(): Promise<void>;
}

export interface Line {
  id: string;
  shard: string;
  sequenceNumber: string;
  /** Absent where the record is no JSON. */
  event?: { event_id?: string; [member: string]: unknown };
  /** What is no JSON, in base64. */
  data?: string;
}

/**
 * @param mostIds to recognise; beyond them the oldest are forgotten. An id takes some 150 bytes of memory
 * @throws the file system's error
 */
export async function openEventFile(path: string, mostIds = 1_000_000): Promise<EventFile> {
  const file = await open(path, 'a+');
  const ids = new Set<string>();
  let length = 0;
  for await (const line of file.readLines({ start: 0, autoClose: false })) {
    const id = idOfLine(line);
    if (id === undefined) break;
    remember(id);
    length += Buffer.byteLength(line) + 1;
  }
  // What a process that died has left of a line.
  await file.truncate(length);
  let writing: Promise<unknown> = Promise.resolve();

  function remember(id: string): boolean {
    if (ids.has(id)) return false;
    ids.add(id);
    // A set keeps the order in which its values came.
    if (ids.size > mostIds) ids.delete(ids.values().next().value!);
    return true;
  }

  return {
    append(records, shard) {
      const lines = records.flatMap((record) => {
        const { id, text } = lineOf(record, shard);
        return remember(id) ? `${text}\n` : [];
      });
      if (lines.length > 0)
        writing = writing.then(async () => {
          await file.appendFile(lines.join(''));
          await file.datasync();
        });
      return writing.then(() => undefined);
    },
    close: () => writing.then(() => file.close()),
  };
}

function idOfLine(line: string): string | undefined {
  try {
    return (JSON.parse(line) as Line).id;
  } catch {
    return undefined;
  }
}

function lineOf({ Data, SequenceNumber }: KinesisRecord, shard: string): { id: string; text: string } {
  const bytes = Buffer.from(Data!);
  // Whoever reads must take what other producers put into the stream, too.
  const [id = SequenceNumber!, member] = jsonOf(bytes) ?? [undefined, `"data":"${bytes.toString('base64')}"`];
  const place = JSON.stringify({ id, shard, sequenceNumber: SequenceNumber });
  return { id, text: `${place.slice(0, -1)},${member}}` };
}

/** The event's id, and the event's own text on one line: parsed and written again, long numbers would lose digits. */
function jsonOf(bytes: Buffer): [id: string | undefined, member: string] | undefined {
  try {
    const text = bytes.toString();
    const { event_id: id } = JSON.parse(text) as { event_id?: unknown };
    return [typeof id === 'string' ? id : undefined, `"event":${text.replace(/[\r\n]+/g, ' ')}`];
  } catch {
    return undefined;
  }
}
