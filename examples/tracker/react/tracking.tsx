/** One tracker for an application in React: `<Tracking>` around it, `useTracker()` within. */

import type { Tracker } from 'clickstream-tracker';
import { createTracker } from 'clickstream-tracker/bare';
import { clicks, pageViews } from 'clickstream-tracker/sources';
import { webVitals } from 'clickstream-tracker/web-vitals';
import { createContext, type ReactNode, useContext, useState } from 'react';
import type { ShopEvents } from '../events.js';

const Context = createContext<Tracker<ShopEvents> | undefined>(undefined);

export function Tracking({ endpoint, children }: { endpoint: string; children: ReactNode }) {
  // StrictMode renders twice: the tracker is created once per endpoint all the same.
  const [tracker] = useState(() =>
    createTracker<ShopEvents>({
      endpoint,
      consent: 'pending',
      sources: [pageViews(), clicks(), webVitals()],
    }),
  );
  return <Context value={tracker}>{children}</Context>;
}

export function useTracker(): Tracker<ShopEvents> {
  const tracker = useContext(Context);
  if (!tracker) throw new Error('useTracker() needs <Tracking> around it');
  return tracker;
}
