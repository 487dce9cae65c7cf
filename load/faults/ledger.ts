/** What has come into Kinesis: ids of the stored events, and whatever should never have come. */

import type { KinesisProcess } from '../../testkit/kinesis/process';

export interface Stored {
  /** In the order in which they were stored, those twice that were stored twice. */
  ids: readonly string[];
  calls: number;
  /** Calls and records that should never have come: unsigned, signed wrongly, not enriched. */
  violations: number;
  /** The first few of them, in words. */
  examples: readonly string[];
}

export interface Ledger {
  /** Reads what came since the last call; all that came since the first is in `stored`. */
  read(): Promise<void>;
  readonly stored: Stored;
}

/** What the plugin adds, and the load generator doesn't send. */
const SERVERS_FIELDS = ['ip', 'received_at', 'user_id'];
const EXAMPLES = 10;

/** Begins with what comes from now on. */
export async function openLedger({ functions }: KinesisProcess): Promise<Ledger> {
  const ids: string[] = [];
  const raw: string[] = [];
  await functions.newRecords();
  const before = await functions.stats();
  let now = before;
  return {
    async read() {
      const { stored, refused } = await functions.newRecords();
      for (const text of stored) {
        const { id, missing } = inspectRecord(text);
        if (id !== undefined) ids.push(id);
        if (missing !== undefined) raw.push(missing);
      }
      for (const text of refused) {
        const { missing } = inspectRecord(text);
        if (missing !== undefined) raw.push(missing);
      }
      now = await functions.stats();
    },
    get stored() {
      const wrong = now.signaturesWrong - before.signaturesWrong;
      const malformed = now.malformed - before.malformed;
      return {
        ids,
        calls: now.calls - before.calls,
        violations: wrong + malformed + raw.length,
        examples: [...now.examples.slice(before.examples.length), ...raw].slice(0, EXAMPLES),
      };
    },
  };
}

export interface InspectedRecord {
  /** Of the event. */
  id?: string;
  /** Why this should never have come; undefined where all is right. */
  missing?: string;
}

/** Looks whether a stored record is one that the plugin has enriched. */
export function inspectRecord(text: string): InspectedRecord {
  let event: Record<string, unknown>;
  try {
    event = JSON.parse(text);
  } catch (error) {
    return { missing: `a record that is no JSON: ${(error as Error).message}` };
  }
  const id = event.messageId;
  if (typeof id !== 'string') return { missing: 'a record without an event id' };
  const missing = SERVERS_FIELDS.filter((field) => typeof event[field] !== 'string');
  return missing.length === 0 ? { id } : { id, missing: `event ${id} without ${missing.join(', ')}` };
}
