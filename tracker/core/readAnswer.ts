import type { Answer } from './types.js';

/** Of one event: it is stored, bad for ever, or to be sent again. */
export type Fate = 'stored' | 'bad' | 'again';

/** What became of a batch. */
export interface Outcome {
  /** Per event, in order. */
  fates: Fate[];
  /** Nothing is wrong with the gateway: what is left of the batch needs no pause. */
  resendNow?: boolean;
  /** Send less at once: the body was too large, or some event is bad and the answer doesn't say which. */
  split?: 'bytes' | 'events';
  /** In words, for whoever looks for a fault. */
  reason: string;
}

interface Body {
  Records?: { SequenceNumber?: string; ErrorCode?: string }[];
  SequenceNumber?: string;
  error?: { code?: string; message?: string; events?: { index: number }[] };
}

const PAYLOAD_TOO_LARGE = 413;

/** With the gateway's own error code these speak of the events; others (401, 404 …) of how it is set up. */
const ABOUT_EVENTS = [400, PAYLOAD_TOO_LARGE, 422];

/**
 * Reads the gateway's answer to a batch.
 *
 * An event counts as stored only with its sequence number, and is given up only where the answer says that it is bad.
 *
 * @param count events in the batch
 */
export function readAnswer({ status, text }: Pick<Answer, 'status' | 'text'>, count: number): Outcome {
  const { Records, SequenceNumber, error } = parse(text);
  const reason = [status, error?.code, error?.message].filter(Boolean).join(' ');
  const each = (fateAt: (index: number) => Fate) => Array.from({ length: count }, (_, i) => fateAt(i));

  if (Array.isArray(Records)) {
    const codes = new Set(Records.map((record) => record?.ErrorCode).filter(Boolean));
    return { fates: each((i) => fateOf(Records[i])), reason: [reason, ...codes].join(' ') };
  }
  if (status < 300 && SequenceNumber && count === 1) return { fates: ['stored'], reason };

  const bad = new Set(Array.isArray(error?.events) ? error.events.map(({ index }) => index) : []);
  const fates = each((i) => (bad.has(i) ? 'bad' : 'again'));
  if (fates.includes('bad')) return { fates, resendNow: true, reason };

  // A 413 may be Kong's or nginx's, which give no code. A 400 without one is Kinesis's or some proxy's.
  const isTooLarge = status === PAYLOAD_TOO_LARGE;
  if (!isTooLarge && !(ABOUT_EVENTS.includes(status) && error?.code)) return { fates, reason };
  if (count === 1) return { fates: ['bad'], reason };
  return { fates, resendNow: true, split: isTooLarge ? 'bytes' : 'events', reason };
}

function fateOf(record: { SequenceNumber?: string; ErrorCode?: string } | undefined): Fate {
  if (record?.ErrorCode === 'invalid_event') return 'bad';
  return record?.SequenceNumber && !record.ErrorCode ? 'stored' : 'again';
}

function parse(text: string): Body {
  try {
    return (JSON.parse(text) as Body | null) ?? {};
  } catch {
    return {};
  }
}
