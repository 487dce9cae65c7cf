/** Sends an event through the door until it is stored or refused for good. */

import { setTimeout as sleep } from 'node:timers/promises';

/** `stored`, or the code of the refusal. */
export type Outcome = string;

export interface SendOptions {
  /** The gateway's route. */
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Before it gives up. Default: 10, with pauses that double from half a second to a minute. */
  attempts?: number;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
const TIMEOUT_MS = 30_000;

/** @throws Error when it is neither stored nor refused after all attempts */
export async function sendEvent(text: string, options: SendOptions): Promise<Outcome> {
  const { url, headers, attempts = 10 } = options;
  let last = '';
  for (let attempt = 0; attempt < attempts; attempt++) {
    let pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: text,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const body = await response.text();
      const outcome = outcomeOf(response.status, body);
      if (outcome !== undefined) return outcome;
      last = `${response.status} ${body.slice(0, 200)}`;
      pauseMs = Math.max(pauseMs, 1_000 * (Number(response.headers.get('retry-after')) || 0));
    } catch (error) {
      last = (error as Error).message;
    }
    if (attempt + 1 < attempts) await sleep(pauseMs);
  }
  throw new Error(`${url} takes nothing: ${last}`);
}

/** @returns undefined for whatever says nothing of the event itself, such as a 429, 401 or 404, and Kinesis's own 400 */
function outcomeOf(status: number, body: string): Outcome | undefined {
  const answer = parse(body);
  if (status === 200 && answer?.SequenceNumber !== undefined) return 'stored';
  if ([400, 413, 415, 422].includes(status)) return answer?.error?.code;
  return undefined;
}

function parse(body: string): { SequenceNumber?: string; error?: { code?: string } } | undefined {
  try {
    return JSON.parse(body) as ReturnType<typeof parse>;
  } catch {
    return undefined;
  }
}
