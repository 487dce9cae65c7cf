import { setTimeout as delay } from 'node:timers/promises';
import type { ClientAnswer } from './clients';
import { isAcknowledged } from './judge';

const LOOK_EVERY_MS = 100;

/** Resolves when events have been acknowledged, and no other answer has come, for so long; or when time is up. */
export async function calmFor(
  answers: readonly ClientAnswer[],
  calmMs: number,
  maxMs: number,
): Promise<void> {
  const startedAt = performance.now();
  let calmSince: number | undefined;
  let seen = answers.length;
  while (performance.now() - startedAt < maxMs) {
    await delay(LOOK_EVERY_MS);
    const since = answers.slice(seen);
    seen = answers.length;
    if (since.some((answer) => !isAcknowledged(answer))) calmSince = undefined;
    else if (since.length > 0) calmSince ??= performance.now();
    if (calmSince !== undefined && performance.now() - calmSince >= calmMs) return;
  }
}
