/** Sends a frame to the plugin server and waits for its reply. */

import {
  addEvent,
  type Connection,
  connections,
  end,
  startConnection,
  takeNoMore,
  takeWaiter,
  type Waiter,
} from './connection';
import type { Frame } from './frame';

const { max } = math;
const semaphore = require('ngx.semaphore');

/** Events that wait for a reply. All others fail at once. */
const MAX_EVENTS = 8192;
/** How many of them may wait while nobody listens. */
const MAX_WAITING = 512;
/** nginx starts a timer at once, or never if it has no room for it. */
const START_S = 1;
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
export function exchange(
  frame: Frame,
  deadline: number,
): LuaMultiReturn<[string, string] | [undefined, string]> {
  const waiter: Waiter = {
    frame,
    since: ngx.now(),
    answered: semaphore.new(0),
    calls: undefined,
    rest: undefined,
  };
  let isFirst = true;
  while (true) {
    const [connection, cause] = choose(isFirst);
    isFirst = false;
    if (connection === undefined) return $multi(undefined, `no connection: ${cause}`);
    const addedAt = ngx.now();
    const id = addEvent(connection, waiter);
    waiter.answered.wait(max(deadline - addedAt, 0));
    if (waiter.rest !== undefined)
      return $multi(waiter.calls, waiter.rest) as LuaMultiReturn<[string, string]>;
    if (takeWaiter(connection, id) !== undefined) {
      // Whoever has it at the other end stands still.
      if (id <= connection.lastSentId && connection.heardAt <= addedAt) takeNoMore(connection);
      return $multi(undefined, 'no answer: timeout');
    }
  }
}

/**
 * The connection that is not silent and has the fewest events, or nil and the cause if none can take one.
 *
 * @param mayStart whether to start one although others take events
 */
function choose(mayStart: boolean): Result<Connection> {
  let best: Connection | undefined;
  let bestRank = 0;
  let count = 0;
  let events = 0;
  let areOpen = true;
  let lost: Connection | undefined;
  const now = ngx.now();
  for (const connection of connections) {
    count += 1;
    events += connection.events;
    if (connection.state !== 'open') areOpen = false;
    if (connection.state === 'starting' && now - connection.startedAt > START_S) lost = connection;
    const isSilent = connection.events > 0 && now - connection.heardAt > SILENT_S;
    const rank = isSilent ? connection.events + MAX_EVENTS : connection.events;
    if (best === undefined || rank < bestRank) {
      best = connection;
      bestRank = rank;
    }
  }
  if (lost !== undefined) {
    end(lost, 'nginx has not run a timer', 0);
    return choose(mayStart);
  }
  if (events >= MAX_EVENTS) return $multi(undefined, 'too many events at once');
  const isMoreUseful = mayStart && areOpen && bestRank >= FULL && count < MAX_CONNECTIONS;
  if (best === undefined || isMoreUseful) return startConnection();
  if (best.state === 'away' && best.events >= MAX_WAITING) return $multi(undefined, 'too many wait for one');
  return $multi(best, undefined);
}
