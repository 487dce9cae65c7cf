import { Tracking, useTracker } from './tracking.js';

function Lamp({ sku, price }: { sku: string; price: number }) {
  const tracker = useTracker();
  return (
    <button type="button" onClick={() => tracker.track('Product Added', { sku, price })}>
      Add
    </button>
  );
}

function ConsentBanner() {
  const tracker = useTracker();
  return (
    <dialog open>
      <button type="button" onClick={() => tracker.setConsent('granted')}>
        Accept
      </button>
      <button type="button" onClick={() => tracker.setConsent('denied')}>
        Decline
      </button>
    </dialog>
  );
}

export function Shop() {
  return (
    <Tracking endpoint="https://collect.example.com/events">
      <ConsentBanner />
      <Lamp sku="L-01" price={189} />
    </Tracking>
  );
}
