import { afterEach, beforeEach, vi } from 'vitest';
import { systemClock } from '../../../plugins/kinesis-ingest/clock';
import { refreshedCredentials } from '../../../plugins/kinesis-ingest/kinesis/credentials/refreshedCredentials';
import { capturedLog } from './capturedLog';
import { EXAMPLE_TIME } from './examples';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** The clock by which credentials expire stands still until a test moves it. */
export function useCredentialsClock(): void {
  beforeEach(() => vi.useFakeTimers({ now: EXAMPLE_TIME, toFake: ['Date', 'setTimeout', 'clearTimeout'] }));
  afterEach(() => vi.useRealTimers());
}

export const SECRET = 'SECRET-wJalrXUtnFEMI';

/** The refusal of requests for which there are none. */
export const UNAVAILABLE = { name: 'Refusal', code: 'credentials_unavailable', status: 503 };

/** Credentials that are told apart by their number. */
export const credentials = (number: number) => ({
  accessKeyId: `AKID${number}`,
  secretAccessKey: `${SECRET}-${number}`,
  sessionToken: `${SECRET}-token-${number}`,
});

/** A source on the (faked) clock whose fetches the test answers. */
export function controlledSource(random = 0) {
  const fetches: PromiseWithResolvers<ReturnType<typeof credentials> & { expiration?: Date }>[] = [];
  const { log, entries, text } = capturedLog();
  const source = refreshedCredentials(
    () => {
      const fetch = withResolvers<ReturnType<typeof credentials> & { expiration?: Date }>();
      fetches.push(fetch);
      return fetch.promise;
    },
    { log, clock: { ...systemClock, random: () => random } },
  );
  return {
    get: () => source.get(),
    renew: source.renew,
    accepted: source.accepted,
    problem: () => source.problem,
    /** Asks without looking at the answer. */
    ask(): void {
      Promise.resolve(source.get()).catch(() => undefined);
    },
    fetches: () => fetches.length,
    /** Answers the latest fetch with credentials of its number. */
    async answer(lifetimeMs?: number): Promise<void> {
      const expiration = lifetimeMs === undefined ? {} : { expiration: new Date(Date.now() + lifetimeMs) };
      fetches.at(-1)!.resolve({ ...credentials(fetches.length), ...expiration });
      await settled();
    },
    async fail(message = 'nobody answers'): Promise<void> {
      fetches.at(-1)!.reject(new Error(message));
      await settled();
    },
    log: { entries, text },
  };
}

/** A source that holds credentials number 1. */
export async function heldSource(lifetimeMs?: number, random = 0) {
  const source = controlledSource(random);
  const first = source.get();
  await source.answer(lifetimeMs);
  await first;
  return source;
}

interface PromiseWithResolvers<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

/** Promise.withResolvers, which Node 20 has not. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

/** Lets all that hangs on settled promises run; no fake clock holds `setImmediate` back here. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
