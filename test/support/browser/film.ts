/** Tests that play a film to its end: a fault of the browser's player is told apart from one of the tracker's. */

import { test } from 'vitest';
import { type Pending, until } from '../until';
import { ENGINE, type Page } from './engines';

/**
 * The player stands still before the film's end. WebKitGTK 2.50 does so in about one of twenty films on a busy machine:
 * the last position that it tells is the last frame's, and the event `ended` never comes.
 */
class PlayerStalled extends Error {
  override name = 'PlayerStalled';
}

const ATTEMPTS = 4;
const STALL_MS = 10_000;

/** Begins anew, in a fresh browser, where the player stalls; skipped where it does so each time. */
export function testFilm(title: string, run: () => Promise<void>): void {
  const retry = {
    count: ATTEMPTS - 1,
    condition: ({ name }: { name?: string }) => name === 'PlayerStalled',
  };
  test(title, { retry, timeout: 180_000 }, async ({ task, skip }) => {
    try {
      await run();
    } catch (error) {
      if (error instanceof PlayerStalled && task.result?.retryCount === retry.count) {
        task.meta.needs = `a player that comes to the film's end: ${ENGINE}'s did not, ${ATTEMPTS} times`;
        skip(task.meta.needs);
      }
      throw error;
    }
  });
}

/** Waits for what follows from a film's being played. @throws PlayerStalled where it isn't */
export function untilPlayed<T>(page: Page, what: string, condition: () => Promise<Pending<T>>): Promise<T> {
  let seen = '';
  let since = Date.now();
  const watched = async () => {
    const value = await condition();
    if (value) return value;
    const { positions, hasEnded } = await page.evaluate(playerState);
    if (positions !== seen || hasEnded) since = Date.now();
    seen = positions;
    if (Date.now() - since > STALL_MS)
      throw new PlayerStalled(`the player stands still at ${positions} s, before ${what}`);
    return undefined;
  };
  return until(what, watched, 60_000);
}

/** Runs in the page. */
function playerState(): { positions: string; hasEnded: boolean } {
  const videosIn = (root: Document | ShadowRoot): HTMLVideoElement[] =>
    [...root.querySelectorAll('*')].flatMap((element) => {
      if (element instanceof HTMLVideoElement) return [element];
      return element.shadowRoot ? videosIn(element.shadowRoot) : [];
    });
  const videos = videosIn(document);
  return {
    positions: videos.map(({ currentTime }) => currentTime).join(),
    hasEnded: videos.some(({ ended }) => ended),
  };
}
