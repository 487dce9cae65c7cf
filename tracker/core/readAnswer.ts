import type { Answer } from './types.js';

/** Of one event: it is stored, bad for ever, or to be sent again. */
export type Fate = 'stored' | 'bad' | 'again';

/** What became of a batch. */
export interface Outcome {
  /** Per event, in order. */
  fates: Fate[];
  /**
   * The gateway is well, so send again without a pause: `rest`, what the answer didn't call bad; `less`, fewer events
   * at once, since the body was too large or the answer doesn't say which event is bad. Missing: after a pause.
   */
  resend?: 'rest' | 'less';
  /** In words, for whoever looks for a fault. */
  reason: string;
}

/** What the gateway answers. Anything on the way may answer too, so a list may be none, and its items may be missing. */
interface Body {
  Records?: List<{ SequenceNumber?: string; ErrorCode?: string }>;
  SequenceNumber?: string;
  error?: { code?: string; message?: string; events?: List<{ index: number }> };
}

type List<Item> = (Item | null | undefined)[];

const PAYLOAD_TOO_LARGE = 413;

/**
 * Reads the gateway's answer to a batch.
 *
 * An event counts as stored only with its sequence number, and is given up only where the answer says that it is bad.
 *
 * @param count events in the batch
 */
export function readAnswer({ status, text }: Pick<Answer, 'status' | 'text'>, count: number): Outcome {
  let body: Body | null = null;
  try {
    body = JSON.parse(text) as Body | null;
  } catch {}
  const { Records, SequenceNumber, error } = body ?? {};
  const records = list(Records);
  const codes = new Set(records.map((record) => record?.ErrorCode));
  const reason = [status || 'no answer', error?.code, error?.message, ...codes].filter(Boolean).join(' ');

  if (status < 300 && SequenceNumber && count === 1) records[0] ??= { SequenceNumber };
  const bad = list(error?.events).map((event) => event?.index);
  const fates = Array.from({ length: count }, (_, i): Fate => {
    const { SequenceNumber: isStored, ErrorCode } = records[i] ?? {};
    if (ErrorCode === 'invalid_event' || bad.includes(i)) return 'bad';
    return isStored && !ErrorCode ? 'stored' : 'again';
  });
  if (records[0]) return { fates, reason };
  if (fates.includes('bad')) return { fates, resend: 'rest', reason };

  // With the gateway's own code 400 and 422 speak of the event; without one they are Kinesis's or some proxy's, and
  // others (401, 404 …) speak of how it is set up. A 413 may be Kong's or nginx's, which give no code.
  if (status !== PAYLOAD_TOO_LARGE && !(error?.code && (status === 400 || status === 422)))
    return { fates, reason };
  return count === 1 ? { fates: ['bad'], reason } : { fates, resend: 'less', reason };
}

function list<Item>(value: List<Item> | undefined): List<Item> {
  return Array.isArray(value) ? value : [];
}
