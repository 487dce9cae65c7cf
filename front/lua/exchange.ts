/** Sends a frame to the plugin server and waits for its reply. */

import {
  ANSWER_TIMEOUT_S,
  addEvent,
  type Connection,
  connections,
  startConnection,
  takeWaiter,
  type Waiter,
} from './connection';
import type { Frame } from './frame';

const { max } = math;
const semaphore = require('ngx.semaphore');

/** Events of one nginx worker that wait for a reply. All others fail at once. */
const MAX_EVENTS = 8192;
/** How many of them may wait for a server that doesn't listen. */
const MAX_WAITING = 512;
const MAX_CONNECTIONS = 32;
/**
 * Another connection is opened when all are full or silent, since a worker of the plugin server may be idle. A connection is
 * full with this many events, and silent when its events have had no reply for so many seconds.
 */
const FULL = 16;
const SILENT_S = 0.25;

/**
 * The reply's calls and bytes, or nil and the cause if there is no reply.
 *
 * A frame that was not sent before its connection ended goes to another one. After that the server may have acted on it, and
 * nothing is repeated.
 */
export function exchange(frame: Frame): LuaMultiReturn<[string, string] | [undefined, string]> {
  const deadline = ngx.now() + ANSWER_TIMEOUT_S;
  const waiter: Waiter = { answered: semaphore.new(0), calls: undefined, rest: undefined };
  while (true) {
    const [connection, cause] = choose();
    if (connection === undefined) return $multi(undefined, `no connection: ${cause}`);
    const id = addEvent(connection, frame, waiter);
    waiter.answered.wait(max(deadline - ngx.now(), 0));
    if (waiter.rest !== undefined)
      return $multi(waiter.calls, waiter.rest) as LuaMultiReturn<[string, string]>;
    if (takeWaiter(connection, id) !== undefined) return $multi(undefined, 'no answer: timeout');
  }
}

/** The connection that is not silent and has the fewest events, or nil and the cause if none can take one. */
function choose(): Result<Connection> {
  let best: Connection | undefined;
  let bestRank = 0;
  let count = 0;
  let events = 0;
  let areOpen = true;
  const silentSince = ngx.now() - SILENT_S;
  for (const connection of connections) {
    count += 1;
    events += connection.events;
    if (!connection.isOpen) areOpen = false;
    const isSilent = connection.events > 0 && connection.heardAt < silentSince;
    const rank = isSilent ? connection.events + MAX_EVENTS : connection.events;
    if (best === undefined || rank < bestRank) {
      best = connection;
      bestRank = rank;
    }
  }
  if (best === undefined || (bestRank >= FULL && areOpen && count < MAX_CONNECTIONS))
    return startConnection();
  if (events >= MAX_EVENTS) return $multi(undefined, 'too many events at once');
  if (!best.isOpen && best.events >= MAX_WAITING) return $multi(undefined, 'too many wait for one');
  return $multi(best, undefined);
}
