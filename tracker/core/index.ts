/** For places without a DOM: React Native, Node, workers. */

export { type Core, createCore } from './createCore.js';
export { syncStorage } from './syncStorage.js';
export { type FetchTransportOptions, fetchTransport } from './fetchTransport.js';
export type {
  Answer,
  CoreOptions,
  DeliveryOptions,
  DropReason,
  Properties,
  TrackedEvent,
  Tracker,
  AsyncStorage,
  SyncStorage,
  Transport,
} from './types.js';
