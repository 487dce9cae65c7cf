/** What the tracker is given and what it sends. */

export type Properties = Record<string, unknown>;

/** One event, in the shape of Segment's spec. https://segment.com/docs/connections/spec/ */
export interface TrackedEvent {
  type: 'page' | 'track' | 'identify';
  /** Unique: consumers recognize an event that was stored twice by it. */
  messageId: string;
  /** ISO 8601, by the client's clock. */
  timestamp: string;
  /** Of `track`: what happened. */
  event?: string;
  /** Of `page`: which page. */
  name?: string | undefined;
  properties?: Properties;
  traits?: Properties;
  /** Who is signed in, from `identify()`. */
  userId?: string | undefined;
  context?: Properties;
}

/** Why events were given up: the queue was full, or the gateway said that they are bad. */
export type DropReason = 'overflow' | 'rejected';

export interface Tracker {
  /** Records a view of a page or screen. */
  page(name?: string, properties?: Properties): void;
  /** Records that something happened. */
  track(event: string, properties?: Properties): void;
  /** Says who the user is, in your own terms. Later events carry the id. */
  identify(userId: string, traits?: Properties): void;
  /**
   * Sends what is queued without waiting for the batch to fill, unless a failure's pause is running.
   *
   * @returns whether nothing is left. Never rejects
   */
  flush(): Promise<boolean>;
  /** Ends tracking on this device, forgets ids and everything unsent, and remembers that. */
  optOut(): void;
  /** Signed out: later events carry no user id and belong to a new session. The device keeps its id. */
  reset(): void;
  /** Takes `optOut()` back. */
  optIn(): void;
  /** The id that the gateway gave this device, once it is known. */
  readonly deviceId: string | undefined;
}

/** The web's Storage, MMKV. */
export interface SyncStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): unknown;
  removeItem(key: string): unknown;
}

/** React Native's AsyncStorage. */
export interface AsyncStorage {
  getItem(key: string): Promise<string | null>;
  setItem(key: string, value: string): Promise<unknown>;
  removeItem(key: string): Promise<unknown>;
}

export interface Answer {
  status: number;
  /** By name in lower case. */
  header(name: string): string | null;
  text: string;
}

/** Posts a body. Rejects when no answer came. */
export type Transport = (body: string, options: { keepalive: boolean }) => Promise<Answer>;

export interface DeliveryOptions {
  /** A batch goes out as soon as it has as many events. Default 20; the gateway takes 500. */
  batchSize?: number;
  /** Bytes of a batch. Default 60000, under what browsers let a closing page send. */
  maxBatchBytes?: number;
  /** How long an event waits for others, in milliseconds. Default 5000. */
  flushIntervalMs?: number;
  /** Events kept while the gateway can't be reached. The oldest make room. Default 1000. */
  maxQueueEvents?: number;
  /** UTF-16 units that they take in the storage. Default 524288. */
  maxQueueLength?: number;
  /** The longest pause after failures, in milliseconds. Default 300000. */
  maxBackoffMs?: number;
  /** Hears of events that were given up. The stream hears of it too, in an event `Events Dropped`. */
  onDrop?: (count: number, reason: DropReason, message?: string) => void;
  /** Hears why a batch will be sent again. */
  onRetry?: (reason: string, delayMs: number) => void;
}

export interface CoreOptions extends DeliveryOptions {
  transport: Transport;
  /** Keeps ids and unsent events over restarts. Default: none, all is in memory. */
  storage?: SyncStorage | undefined;
  /** Prefix of the storage's keys. Default `clickstream.`. */
  storagePrefix?: string;
  /** Where the queue lies in the storage, after the prefix. Default `queue`. */
  queueKey?: string;
  /** The member in which the gateway expects its user id, its `user_id_field`. Default `user_id`. */
  userIdField?: string;
  /** Shared by all events of a batch: locale, device, app. */
  context?: () => Properties;
  /** Added to each event's context as it happens. */
  eventContext?: () => Properties;
  /** False while there is no network: nothing is tried. */
  isOnline?: () => boolean;
  /** True while the platform says that its user refuses tracking: nothing is recorded, sent or kept. */
  isRefused?: () => boolean;
}
