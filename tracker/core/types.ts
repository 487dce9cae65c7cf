/** What the tracker is given and what it sends. */

import type { DROP_REASONS } from './storedKeys.js';

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

/**
 * Why events were given up: the queue was full, the gateway said that they are bad, one was larger than
 * `maxEventBytes`, there were more than `maxEventsPerSecond`, or they could not be written as JSON (or `before` failed).
 */
export type DropReason = (typeof DROP_REASONS)[number];

/** Whether the person allows tracking. While it is pending events are in memory only. */
export type Consent = 'pending' | 'granted' | 'denied';

/** Any names, any properties. */
export type AnyEvents = Record<string, Properties>;

/** An event's properties may be left out where none is required. */
type PropertiesOf<Event> = Record<never, never> extends Event ? [properties?: Event] : [properties: Event];

/** @typeParam Events the names of events and their properties, so that a wrong one doesn't compile */
export interface Tracker<Events extends object = AnyEvents> {
  /** Records a view of a page or screen. */
  page(name?: string, properties?: Properties): void;
  /** Records that something happened. */
  track<Name extends keyof Events & string>(event: Name, ...properties: PropertiesOf<Events[Name]>): void;
  /**
   * Says who the user is, in your own terms. Later events carry the id.
   *
   * @param userId up to 256 characters; what is no id (undefined, '', NaN, an object) changes nothing
   */
  identify(userId: string | number, traits?: Properties): void;
  /**
   * Sends what is queued without waiting for the batch to fill, unless a failure's pause is running.
   *
   * @returns whether nothing is left. Never rejects
   */
  flush(): Promise<boolean>;
  /** What the person decided: `granted` sends and keeps what was pending, `denied` drops and forgets it. Not remembered. */
  setConsent(consent: 'granted' | 'denied'): void;
  /** Adds to the context of all later events of this page. Undefined takes a property out. */
  setContext(properties: Properties): void;
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

/** What a probe has found: an answer, one that the page must not read, or none. */
export type Reach = 'heard' | 'unreadable' | 'gone';

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
  /** Bytes of one event's JSON; a larger one is given up. Default 60000. */
  maxEventBytes?: number;
  /** More are given up, and counted. Default 100. */
  maxEventsPerSecond?: number;
  /** The longest pause after failures, in milliseconds. Default 300000. */
  maxBackoffMs?: number;
  /** Hears of events that were given up. The stream hears of it too, in an event `Events Dropped`. */
  onDrop?: (count: number, reason: DropReason, message?: string) => void;
  /** Hears why a batch will be sent again. */
  onRetry?: (reason: string, delayMs: number) => void;
}

/** What a page and an app both say. */
export interface RecordOptions {
  /** Whether the person allows tracking. Default `granted`; `setConsent()` changes it. */
  consent?: Consent;
  /** Sees each event before it is queued and returns it, another or null for none. Must not be async. */
  before?: (event: TrackedEvent) => TrackedEvent | null;
  /** Says on the console what was recorded, sent, stored and dropped. Default false: the tracker is silent. */
  debug?: boolean;
}

export interface CoreOptions extends DeliveryOptions, RecordOptions {
  transport: Transport;
  /**
   * Where an answer may be unreadable (a page's CORS): sends something that stores nothing. After a request without an
   * answer it goes before the events.
   */
  probe?: () => Promise<Reach>;
  /** Keeps ids and unsent events over restarts. Default: none, all is in memory. */
  storage?: SyncStorage | undefined;
  /** Prefix of the storage's keys. Default `clickstream.`. */
  storagePrefix?: string;
  /** Where the queue lies in the storage, after the prefix. Default `queue`. */
  queueKey?: string | undefined;
  /** The member in which the gateway expects its user id, its `user_id_field`. Default `user_id`. */
  userIdField?: string;
  /** Shared by all events of a batch: locale, device, app. */
  context?: () => Properties;
  /** Added to each event's context as it happens. */
  eventContext?: () => Properties;
  /** Asked when a session begins; its events carry it in their context. */
  sessionStart?: () => Properties | undefined;
  /** False while there is no network: nothing is tried. */
  isOnline?: () => boolean;
  /** True while the platform says that its user refuses tracking: nothing is recorded, sent or kept. */
  isRefused?: () => boolean;
}
