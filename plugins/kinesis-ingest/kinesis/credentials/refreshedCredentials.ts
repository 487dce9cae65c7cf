/** Keeps credentials fresh: one fetch serves everybody who asks, and the next one starts well before they expire. */

import type { Logger } from 'pino';
import { type Clock, systemClock, withTimeout } from '../../clock';
import type { StaticCredentials } from '../../config/credentialsConfig';
import type { CredentialsInUse } from '../../metrics';
import { Refusal } from '../../refusals';
import { failureLog } from '../failureLog';
import { scrubMessage } from '../scrubMessage';

export interface CredentialsSource {
  /**
   * Valid credentials; a promise only if they have to be fetched first.
   *
   * @throws Refusal `credentials_unavailable`
   */
  get(): StaticCredentials | Promise<StaticCredentials>;
  /**
   * Reports that AWS refuses these.
   *
   * @returns whether the next `get` may return others
   */
  renew(stale: StaticCredentials): boolean;
  /** Reports that AWS has accepted a call signed with these. */
  accepted(keys: StaticCredentials): void;
  /** Why there are none at the moment, or none that AWS accepts. Contains nothing secret. */
  readonly problem: string | undefined;
}

export interface ExpiringCredentials extends StaticCredentials {
  /** Absent for credentials that don't expire. */
  expiration?: Date;
}

export interface RefreshedCredentials extends CredentialsSource {
  /** What was fetched last. */
  readonly latest: StaticCredentials | undefined;
  /** Undefined if there are none, or nobody has asked lately: then they may expire without harm. */
  readonly inUse: CredentialsInUse | undefined;
}

export interface RefreshOptions {
  log: Logger;
  /** Its random numbers spread the refreshes of many nodes. */
  clock?: Clock;
}

/** AWS issues new instance credentials five minutes before the old ones expire; asking begins a little earlier. */
const REFRESH_AHEAD_MS = 6 * 60_000;
const REFRESH_SPREAD_MS = 60_000;
/** A request must not be signed with credentials that expire on its way. */
const EXPIRY_MARGIN_MS = 10_000;
/** Credentials that don't expire are read again, because the file that holds them may be given others. */
const REREAD_MS = 30_000;
/** The pause after a fetch that failed or brought nothing newer. */
const RETRY_AFTER_MS = 5_000;
const FETCH_TIMEOUT_MS = 10_000;
/** A plugin server counts an instance as in use for this long. */
const IN_USE_MS = 5 * 60_000;

export const REFUSED_BY_AWS = 'AWS refuses the credentials';

export function refreshedCredentials(
  fetch: () => Promise<ExpiringCredentials>,
  { log, clock = systemClock }: RefreshOptions,
): RefreshedCredentials {
  const failures = failureLog(log);
  /** What was fetched last; undefined once it is of no use. */
  let current: ExpiringCredentials | undefined;
  /** The same, but kept once it is of no use. */
  let latest: ExpiringCredentials | undefined;
  let askedAt = 0;
  let fetchedAt = 0;
  let refreshAt = 0;
  let fetching: Promise<ExpiringCredentials> | undefined;
  let failure: Refusal | undefined;
  let usedSinceRefresh = false;
  let refused: StaticCredentials | undefined;
  let timer: NodeJS.Timeout | undefined;

  function get(): StaticCredentials | Promise<StaticCredentials> {
    usedSinceRefresh = true;
    askedAt = clock.now();
    if (current !== undefined && askedAt < expiryOf(current) - EXPIRY_MARGIN_MS) {
      if (askedAt >= refreshAt) refresh().catch(() => undefined);
      return current;
    }
    if (failure !== undefined && askedAt < refreshAt) return Promise.reject(failure);
    return refresh();
  }

  function refresh(): Promise<ExpiringCredentials> {
    fetching ??= withTimeout(
      fetch(),
      FETCH_TIMEOUT_MS,
      () => new Error(`no answer in ${FETCH_TIMEOUT_MS} ms`),
      clock,
    )
      .then(keep, fail)
      .finally(() => {
        fetching = undefined;
      });
    return fetching;
  }

  function keep(fetched: ExpiringCredentials): ExpiringCredentials {
    const expiry = expiryOf(fetched);
    if (clock.now() >= expiry - EXPIRY_MARGIN_MS)
      return fail(new Error('the credentials that came have expired'));
    const ahead = Math.min(REFRESH_AHEAD_MS, (expiry - clock.now()) / 2) + clock.random() * REFRESH_SPREAD_MS;
    refreshAt = Math.max(
      Math.min(expiry - ahead, clock.now() + rereadMs(fetched)),
      clock.now() + RETRY_AFTER_MS,
    );
    fetchedAt = clock.now();
    failure = undefined;
    if (latest === undefined || !isSame(latest, fetched)) {
      latest = fetched;
      log.info({ expires: fetched.expiration?.toISOString() ?? 'never' }, 'AWS credentials fetched');
    }
    current = latest;
    usedSinceRefresh = false;
    if (fetched.expiration !== undefined) refreshInTime();
    return current;
  }

  function fail(error: Error): never {
    refreshAt = clock.now() + RETRY_AFTER_MS;
    failure = new Refusal('credentials_unavailable', undefined, { cause: error });
    // The SDK's messages may name roles and quote files, and its error objects may hold responses.
    const cause = scrubMessage(`${error.name}: ${error.message}`);
    failures.error(cause, { cause }, 'AWS credentials could not be fetched');
    if (current !== undefined && clock.now() < expiryOf(current)) refreshInTime();
    throw failure;
  }

  /** Refreshes on time if anybody has asked since the last refresh, so that rare requests needn't wait either. */
  function refreshInTime(): void {
    clock.clearTimeout(timer);
    const due = () => {
      if (usedSinceRefresh) refresh().catch(() => undefined);
    };
    timer = clock.setTimeout(due, Math.min(refreshAt - clock.now(), MAX_TIMER_MS)).unref();
  }

  return {
    get,
    renew(stale) {
      // Others may have arrived since that call was signed. Credentials that have only just arrived are not fetched again.
      if (latest !== stale) return true;
      refused = stale;
      if (current === undefined) return true;
      if (clock.now() < fetchedAt + RETRY_AFTER_MS) return false;
      current = undefined;
      return true;
    },
    accepted(keys) {
      if (keys === refused) refused = undefined;
    },
    get problem() {
      if (failure !== undefined && (current === undefined || clock.now() >= expiryOf(current)))
        return failure.reason;
      return refused !== undefined && refused === latest ? REFUSED_BY_AWS : undefined;
    },
    get latest() {
      return latest;
    },
    get inUse() {
      if (current === undefined || clock.now() >= askedAt + IN_USE_MS) return undefined;
      return { fetchedAt, expiresAt: expiryOf(current) };
    },
  };
}

/** The largest delay of setTimeout. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function expiryOf({ expiration }: ExpiringCredentials): number {
  return expiration?.getTime() ?? Number.POSITIVE_INFINITY;
}

function rereadMs({ expiration }: ExpiringCredentials): number {
  return expiration === undefined ? REREAD_MS : Number.POSITIVE_INFINITY;
}

function isSame(one: ExpiringCredentials, other: ExpiringCredentials): boolean {
  return (
    one.accessKeyId === other.accessKeyId &&
    one.secretAccessKey === other.secretAccessKey &&
    one.sessionToken === other.sessionToken &&
    expiryOf(one) === expiryOf(other)
  );
}
