/** What a test asks of the live view: docs/view-openapi.yaml has all of it. */

const { VIEW_URL = 'http://127.0.0.1:8080' } = process.env;

export interface SeenEvent {
  outcome: 'stored' | 'refused' | 'throttled' | 'failed' | 'waiting';
  /** Why it isn't stored. */
  reason: string | null;
  /** As it is stored, else as it came. */
  event: Record<string, unknown>;
}

/**
 * Waits for events.
 *
 * @param where conditions such as `event=Product Added` or `properties.sku=L-01`
 * @throws Error where there are fewer than `count` after `timeoutMs`
 */
export async function seenEvents(where: string[] = [], count = 1, timeoutMs = 10_000): Promise<SeenEvent[]> {
  const query = new URLSearchParams({ count: String(count), timeout_ms: String(timeoutMs) });
  for (const condition of where) query.append('where', condition);
  const answer = await fetch(`${VIEW_URL}/events/wait?${query}`);
  const { events, error } = (await answer.json()) as { events: SeenEvent[]; error?: { message: string } };
  if (error !== undefined) throw new Error(`${where.join(', ')}: ${error.message}`);
  return events;
}

/** Those that came and were not stored. */
export async function lostEvents(): Promise<SeenEvent[]> {
  const answer = await fetch(`${VIEW_URL}/events?outcome=refused,throttled,failed`);
  return ((await answer.json()) as { events: SeenEvent[] }).events;
}

export async function clearEvents(): Promise<void> {
  await fetch(`${VIEW_URL}/events`, { method: 'DELETE' });
}

/** Breaks something, or mends it: `{ gateway: 'down' }`, `{ kinesis: 'throttles' }`, `{ limit: { second: 1 } }`. */
export async function change(switches: object): Promise<void> {
  const answer = await fetch(`${VIEW_URL}/switches`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(switches),
  });
  if (!answer.ok) throw new Error(await answer.text());
}
