/**
 * Large pieces of work take turns, so that a small request waits for at most one of them. JavaScript runs one thing at a
 * time, and 2 MiB of events keep it busy for some 30 ms.
 */

/** Anything up to this size never waits. */
const SMALL_BYTES = 16 * 1024;
/** How much is begun in one turn of the event loop. A larger piece has a turn to itself. */
const BYTES_PER_TURN = 256 * 1024;
/**
 * After this much, the next turn comes only after a multiple of the time that this one took. Over ProtoBuf:1, Kong asks for
 * a small event in ten round trips, and without the pause each of them would wait for another large piece. Kong also has to
 * handle what comes out of each piece.
 */
const BYTES_BEFORE_PAUSE = 512 * 1024;
const PAUSE_FACTOR = 2;

const waiting: { bytes: number; begin: () => void }[] = [];
let begun = 0;
let isScheduled = false;

/** @returns undefined if work on this many bytes may begin at once, else a promise of its turn */
export function turnFor(bytes: number): Promise<void> | undefined {
  if (bytes <= SMALL_BYTES) return undefined;
  nextTurnLater();
  if (waiting.length === 0 && mayBegin(bytes)) return undefined;
  return new Promise((begin) => waiting.push({ bytes, begin }));
}

function mayBegin(bytes: number): boolean {
  if (begun > 0 && begun + bytes > BYTES_PER_TURN) return false;
  begun += bytes;
  return true;
}

function nextTurnLater(): void {
  if (isScheduled) return;
  isScheduled = true;
  const began = performance.now();
  setImmediate(() => {
    if (begun < BYTES_BEFORE_PAUSE) nextTurn();
    else setTimeout(nextTurn, PAUSE_FACTOR * (performance.now() - began));
  });
}

function nextTurn(): void {
  isScheduled = false;
  begun = 0;
  while (waiting.length > 0 && mayBegin(waiting[0]!.bytes)) waiting.shift()!.begin();
  if (begun > 0) nextTurnLater();
}
