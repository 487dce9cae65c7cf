/** Clients that send events at a constant rate and keep what each was told. */

import { clickEvent } from '../bench/bodies';
import { type LoadAnswer, type LoadSecond, runOpenLoop } from '../openLoop';

export interface ClientsOptions {
  url: string;
  rate: number;
  seconds: number;
  /** What the event ids begin with. */
  name: string;
  onAnswer(answer: ClientAnswer): void;
  onSecond?(second: LoadSecond): void;
  /** Ends the load early. */
  signal?: AbortSignal;
}

export interface ClientAnswer extends Omit<LoadAnswer, 'number'> {
  id: string;
}

/** As many as may be under way while nothing answers. */
const CONNECTIONS = 8_192;
const EVENT_BYTES = 400;

/** Resolves when every event has been answered, or given up after 30 s. */
export async function runClients({
  url,
  rate,
  seconds,
  name,
  onAnswer,
  onSecond,
  signal,
}: ClientsOptions): Promise<void> {
  const event = JSON.parse(clickEvent(EVENT_BYTES).toString()) as object;
  const idOf = (number: number) => `${name}-${number}`;
  await runOpenLoop({
    url,
    rate,
    seconds,
    connections: CONNECTIONS,
    body: (number) => Buffer.from(JSON.stringify({ ...event, messageId: idOf(number) })),
    onAnswer: ({ number, ...answer }) => onAnswer({ id: idOf(number), ...answer }),
    ...(onSecond !== undefined && { onSecond }),
    ...(signal !== undefined && { signal }),
  });
}
