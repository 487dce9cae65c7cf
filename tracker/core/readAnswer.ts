import { parseJson } from './attempt.js';
import type { Answer } from './types.js';

/** What becomes of one event: it is stored, permanently bad, or to be sent again. */
export type Fate = 'stored' | 'bad' | 'again';

/** What became of a batch. */
export interface Outcome {
  /** Per event, in order. */
  fates: Fate[];
  /**
   * The gateway is well, so send again without a pause: `rest`, what the answer didn't call bad; `less`, fewer events
   * at once, because the body was too large or the answer doesn't say which event is bad. Missing: after a pause.
   */
  resend?: 'rest' | 'less' | undefined;
  /** In words, for troubleshooting. */
  reason: string;
}

/** The gateway's answer. Intermediaries may answer too, so a list may not be one, and its items may be missing. */
interface Body {
  Records?: List<RecordAnswer>;
  SequenceNumber?: string;
  error?: { code?: string; message?: string; events?: List<{ index: number }> };
}

interface RecordAnswer {
  SequenceNumber?: string;
  ErrorCode?: string;
}

type List<Item> = (Item | null | undefined)[];

const PAYLOAD_TOO_LARGE = 413;

/**
 * Reads the gateway's answer to a batch.
 *
 * An event counts as stored only with its sequence number, and is given up only if the answer says that it is bad.
 *
 * @param answer undefined if there was none
 * @param count events in the batch
 */
export function readAnswer(answer: Pick<Answer, 'status' | 'text'> | undefined, count: number): Outcome {
  const { status = 0, text } = answer ?? {};
  const { Records, SequenceNumber, error } = parseJson<Body | null>(text) ?? {};
  const isOne = status < 300 && SequenceNumber && count === 1;
  const records = isOne ? [{ SequenceNumber } as RecordAnswer] : list(Records);
  const codes = new Set(records.map((record) => record?.ErrorCode));
  const reason = [status || 'no answer', error?.code, error?.message, ...codes].filter(Boolean).join(' ');

  const bad = list(error?.events).map((event) => event?.index);
  const fates = Array.from({ length: count }, (_, i): Fate => {
    const { SequenceNumber: isStored, ErrorCode } = records[i] ?? {};
    if (ErrorCode === 'invalid_event' || bad.includes(i)) return 'bad';
    return isStored && !ErrorCode ? 'stored' : 'again';
  });
  // With the gateway's own code, 400 and 422 are about the event. Without one they are from Kinesis or a proxy, and others
  // (401, 404 …) are about the setup. A 413 may be from Kong or nginx, which give no code.
  const isAboutEvents = status === PAYLOAD_TOO_LARGE || (error?.code && (status === 400 || status === 422));
  let resend: Outcome['resend'];
  if (records[0]) resend = undefined;
  else if (fates.includes('bad')) resend = 'rest';
  else if (isAboutEvents && count > 1) resend = 'less';
  else if (isAboutEvents) fates[0] = 'bad';
  return { fates, resend, reason };
}

function list<Item>(value: List<Item> | undefined): List<Item> {
  return Array.isArray(value) ? value : [];
}
