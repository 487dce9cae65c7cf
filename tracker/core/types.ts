/** The tracker's input and what it sends. */

import type { DROP_REASONS } from './storedKeys.js';

export type Properties = Record<string, unknown>;

/** One event, in the shape of Segment's spec. https://segment.com/docs/connections/spec/ */
export interface TrackedEvent {
  type: 'page' | 'track' | 'identify';
  /** Unique: consumers use it to recognise an event that was stored twice. */
  messageId: string;
  /** ISO 8601, by the client's clock. */
  timestamp: string;
  /** For `track`: what happened. */
  event?: string;
  /** For `page`: which page. */
  name?: string | undefined;
  properties?: Properties;
  traits?: Properties;
  /** Who is signed in, from `identify()`. */
  userId?: string | undefined;
  context?: Properties;
}

/**
 * Why events were given up: the queue was full, the gateway rejected them as bad, one was larger than
 * `maxEventBytes`, there were more than `maxEventsPerSecond`, or they could not be written as JSON (or `before` failed).
 */
export type DropReason = (typeof DROP_REASONS)[number];

/** Whether the person allows tracking. While pending, events are in memory only. */
export type Consent = 'pending' | 'granted' | 'denied';

/** Any names, any properties. */
export type AnyEvents = Record<string, Properties>;

/** An event's properties may be omitted if none is required. */
type PropertiesOf<Event> = Record<never, never> extends Event ? [properties?: Event] : [properties: Event];

/** @typeParam Events the names of events and their properties, so that a wrong one doesn't compile */
export interface Tracker<Events extends object = AnyEvents> {
  /** Records a view of a page or screen. */
  page(name?: string, properties?: Properties): void;
  /** Records that something happened. */
  track<Name extends keyof Events & string>(event: Name, ...properties: PropertiesOf<Events[Name]>): void;
  /**
   * Sets who the user is, in your own terms. Later events carry the id.
   *
   * @param userId up to 256 characters; anything that is not an id (undefined, '', NaN, an object) changes nothing
   */
  identify(userId: string | number, traits?: Properties): void;
  /**
   * Sends what is queued without waiting for the batch to fill, unless a pause after a failure is running.
   *
   * @returns whether the queue is empty. Never rejects
   */
  flush(): Promise<boolean>;
  /** The person's decision: `granted` sends and keeps what was pending, `denied` drops and forgets it. Not remembered. */
  setConsent(consent: 'granted' | 'denied'): void;
  /** Adds to the context of all later events of this page. Undefined removes a property. */
  setContext(properties: Properties): void;
  /** Ends tracking on this device, forgets ids and everything unsent, and remembers the decision. */
  optOut(): void;
  /** Signed out: later events carry no user id and belong to a new session. The device keeps its id. */
  reset(): void;
  /** Reverses `optOut()`. */
  optIn(): void;
  /** The id that the gateway gave this device, once it is known. */
  readonly deviceId: string | undefined;
}

/** The web's Storage, or MMKV. */
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

/** Posts a body. Rejects if there was no answer. */
export type Transport = (body: string, options: { keepalive: boolean }) => Promise<Answer>;

/** What a probe found: an answer, one that the page may not read, or none. */
export type Reach = 'heard' | 'unreadable' | 'gone';

export interface DeliveryOptions {
  /** A batch is sent as soon as it has this many events. Default 20; the gateway takes 500. */
  batchSize?: number;
  /** Bytes of a batch. Default 60000, under what browsers let a closing page send. */
  maxBatchBytes?: number;
  /** How long an event waits for others, in milliseconds. Default 5000. */
  flushIntervalMs?: number;
  /** Events kept while the gateway can't be reached. The oldest make room. Default 1000. */
  maxQueueEvents?: number;
  /** UTF-16 units that the queue takes in storage. Default 524288. */
  maxQueueLength?: number;
  /** Bytes of one event's JSON; a larger one is given up. Default 60000. */
  maxEventBytes?: number;
  /** Any further events in that second are given up, and counted. Default 100. */
  maxEventsPerSecond?: number;
  /** The longest pause after failures, in milliseconds. Default 300000. */
  maxBackoffMs?: number;
  /** Called for events that were given up. The stream is informed too, by an event `Events Dropped`. */
  onDrop?: (count: number, reason: DropReason, message?: string) => void;
  /** Called with the reason why a batch will be sent again. */
  onRetry?: (reason: string, delayMs: number) => void;
}

/** Options common to pages and apps. */
export interface RecordOptions {
  /** Whether the person allows tracking. Default `granted`; `setConsent()` changes it. */
  consent?: Consent;
  /** Receives each event before it is queued and returns it, another one, or null for none. Must not be async. */
  before?: (event: TrackedEvent) => TrackedEvent | null;
  /** Reports on the console what was recorded, sent, stored and dropped. Default false: the tracker is silent. */
  debug?: boolean;
}

export interface CoreOptions extends DeliveryOptions, RecordOptions {
  transport: Transport;
  /**
   * For platforms where an answer may be unreadable (a page's CORS): sends something that stores nothing. After a request
   * without an answer, it goes before the events.
   */
  probe?: () => Promise<Reach>;
  /** Keeps ids and unsent events across restarts. Default: none, everything is in memory. */
  storage?: SyncStorage | undefined;
  /** Prefix of the storage's keys. Default `clickstream.`. */
  storagePrefix?: string;
  /** The queue's storage key, after the prefix. Default `queue`. */
  queueKey?: string | undefined;
  /** The member in which the gateway expects its user id, its `user_id_field`. Default `user_id`. */
  userIdField?: string;
  /** Shared by all events of a batch: locale, device, app. */
  context?: () => Properties;
  /** Added to each event's context as it happens. */
  eventContext?: () => Properties;
  /** Called when a session begins; its events carry the result in their context. */
  sessionStart?: () => Properties | undefined;
  /** False while there is no network: nothing is tried. */
  isOnline?: () => boolean;
  /** True while the platform reports that its user refuses tracking: nothing is recorded, sent or kept. */
  isRefused?: () => boolean;
}
