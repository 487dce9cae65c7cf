/** Clients that send events one after the other until they are told to stop. */

import { postEvent } from './http';

export interface Senders {
  /** Ids of events that were answered 200, in the order of the answers. */
  readonly acknowledged: readonly string[];
  /** How often each status, or each error of the connection, came. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Lets the requests that are under way end. */
  stop(): Promise<void>;
}

export interface SendersOptions {
  /** What the `id` of each event begins with. */
  name: string;
  count?: number;
  headers?: Record<string, string>;
}

/** Ids of events that were acknowledged and are not among those stored. */
export function lost(acknowledged: readonly string[], stored: readonly { data: string }[]): string[] {
  const ids = new Set(stored.map(({ data }) => (JSON.parse(data) as { id: string }).id));
  return acknowledged.filter((id) => !ids.has(id));
}

export function startSenders(proxyUrl: string, { name, count = 8, headers }: SendersOptions): Senders {
  const acknowledged: string[] = [];
  const outcomes: Record<string, number> = {};
  let running = true;
  let next = 0;
  const senders = Array.from({ length: count }, async () => {
    while (running) {
      const id = `${name}-${next++}`;
      const outcome = await postEvent(proxyUrl, { id }, headers).then(
        (answer) => String(answer.status),
        (error: NodeJS.ErrnoException) => error.code ?? error.message,
      );
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (outcome === '200') acknowledged.push(id);
      // Where nothing listens any more the refusal comes at once: leave the others some time.
      if (outcome === 'ECONNREFUSED') await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
  return {
    acknowledged,
    outcomes,
    async stop() {
      running = false;
      await Promise.all(senders);
    },
  };
}
