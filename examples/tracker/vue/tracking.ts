/** One tracker for an application in Vue: `app.use(tracking, { endpoint })`, then `useTracker()`. */

import { createTracker, type Tracker, type TrackerOptions } from 'clickstream-tracker';
import { type App, type InjectionKey, inject } from 'vue';
import type { ShopEvents } from '../events.js';

const KEY: InjectionKey<Tracker<ShopEvents>> = Symbol('tracker');

export const tracking = {
  install(app: App, options: TrackerOptions): void {
    app.provide(KEY, createTracker<ShopEvents>(options));
  },
};

export function useTracker(): Tracker<ShopEvents> {
  const tracker = inject(KEY);
  if (!tracker) throw new Error('useTracker() needs app.use(tracking, …)');
  return tracker;
}
