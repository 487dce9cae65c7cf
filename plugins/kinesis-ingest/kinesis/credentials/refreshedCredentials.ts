/** Keeps credentials fresh: one fetch serves everybody who asks, and the next one starts well before they expire. */

import type { Logger } from 'pino';
import type { StaticCredentials } from '../../config/credentialsConfig';
import type { CredentialsInUse } from '../../metrics';
import { Refusal } from '../../refusals';
import { failureLog } from '../failureLog';

export interface CredentialsSource {
  /**
   * Valid credentials; a promise only if they have to be fetched first.
   *
   * @throws Refusal `credentials_unavailable`
   */
  get(): StaticCredentials | Promise<StaticCredentials>;
  /**
   * Reports that AWS no longer accepts these.
   *
   * @returns whether the next `get` may bring others
   */
  renew(stale: StaticCredentials): boolean;
  /** Why there are none at the moment; says nothing secret. */
  readonly problem: string | undefined;
}

export interface ExpiringCredentials extends StaticCredentials {
  /** Absent for credentials that don't expire. */
  expiration?: Date;
}

export interface RefreshedCredentials extends CredentialsSource {
  /** Undefined if there are none, or nobody has asked lately: then they may expire without harm. */
  readonly inUse: CredentialsInUse | undefined;
}

export interface RefreshOptions {
  log: Logger;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** From 0 to 1; spreads the refreshes of many nodes. */
  random?: () => number;
}

/** AWS issues new instance credentials five minutes before the old ones expire; asking begins a little earlier. */
const REFRESH_AHEAD_MS = 6 * 60_000;
const REFRESH_SPREAD_MS = 60_000;
/** A request must not be signed with credentials that expire on its way. */
const EXPIRY_MARGIN_MS = 10_000;
/** The pause after a fetch that failed or brought nothing newer. */
const RETRY_AFTER_MS = 5_000;
const FETCH_TIMEOUT_MS = 10_000;
/** A plugin server counts an instance as in use for this long. */
const IN_USE_MS = 5 * 60_000;

export function refreshedCredentials(
  fetch: () => Promise<ExpiringCredentials>,
  { log, now = Date.now, random = Math.random }: RefreshOptions,
): RefreshedCredentials {
  const failures = failureLog(log);
  let current: ExpiringCredentials | undefined;
  let askedAt = 0;
  let fetchedAt = 0;
  let refreshAt = 0;
  let fetching: Promise<ExpiringCredentials> | undefined;
  let failure: Refusal | undefined;
  let usedSinceRefresh = false;
  let timer: NodeJS.Timeout | undefined;

  function get(): StaticCredentials | Promise<StaticCredentials> {
    usedSinceRefresh = true;
    askedAt = now();
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
    )
      .then(keep, fail)
      .finally(() => {
        fetching = undefined;
      });
    return fetching;
  }

  function keep(fetched: ExpiringCredentials): ExpiringCredentials {
    const expiry = expiryOf(fetched);
    if (now() >= expiry - EXPIRY_MARGIN_MS) return fail(new Error('the credentials that came have expired'));
    const ahead = Math.min(REFRESH_AHEAD_MS, (expiry - now()) / 2) + random() * REFRESH_SPREAD_MS;
    refreshAt = Math.max(expiry - ahead, now() + RETRY_AFTER_MS);
    current = fetched;
    fetchedAt = now();
    failure = undefined;
    log.info({ expires: fetched.expiration?.toISOString() ?? 'never' }, 'AWS credentials fetched');
    usedSinceRefresh = false;
    if (fetched.expiration !== undefined) refreshInTime();
    return fetched;
  }

  function fail(error: Error): never {
    refreshAt = now() + RETRY_AFTER_MS;
    failure = new Refusal('credentials_unavailable', undefined, { cause: error });
    // The SDK's messages name what was tried and never a secret, but its error objects may hold responses.
    const cause = `${error.name}: ${error.message}`;
    failures.error(cause, { cause }, 'AWS credentials could not be fetched');
    if (current !== undefined && now() < expiryOf(current)) refreshInTime();
    throw failure;
  }

  /** Refreshes on time if anybody has asked since the last time, so that rare requests needn't wait either. */
  function refreshInTime(): void {
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        if (usedSinceRefresh) refresh().catch(() => undefined);
      },
      Math.min(refreshAt - now(), MAX_TIMER_MS),
    ).unref();
  }

  return {
    get,
    renew(stale) {
      // Others may have come since that call was signed. Credentials that have only just come are not fetched again.
      if (current !== stale) return true;
      if (now() < fetchedAt + RETRY_AFTER_MS) return false;
      current = undefined;
      return true;
    },
    get problem() {
      return current !== undefined && now() < expiryOf(current) ? undefined : failure?.reason;
    },
    get inUse() {
      if (current === undefined || now() >= askedAt + IN_USE_MS) return undefined;
      return { fetchedAt, expiresAt: expiryOf(current) };
    },
  };
}

/** The largest delay of setTimeout. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function expiryOf({ expiration }: ExpiringCredentials): number {
  return expiration?.getTime() ?? Number.POSITIVE_INFINITY;
}

/** @param late makes the error that is thrown after the timeout */
export async function withTimeout<T>(promise: Promise<T>, timeoutMs: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
