/** For places without a DOM: React Native, Node, workers. */

export { type Core, createCore } from './createCore.js';
export { type FetchTransportOptions, fetchTransport } from './fetchTransport.js';
export { syncStorage } from './syncStorage.js';
export type {
  Answer,
  AnyEvents,
  AsyncStorage,
  Consent,
  CoreOptions,
  DeliveryOptions,
  DropReason,
  Properties,
  Reach,
  RecordOptions,
  SyncStorage,
  TrackedEvent,
  Tracker,
  Transport,
} from './types.js';
