/** Bodies as a shop's page sends them, and the request around them. */

const EVENT = {
  type: 'track',
  event: 'Product Clicked',
  messageId: 'ajs-next-1767225600000-0c2f2a31-7d2e-4a43',
  anonymousId: '5f0f6e7a-3f0b-4a4e-9f65-0f2b7a1c9d10',
  timestamp: '2026-01-01T00:00:00.000Z',
  properties: { product_id: 'sku-1234', price: 19.9, position: 3, list: 'search' },
  context: { page: { path: '/search', title: 'Search' }, locale: 'en-GB' },
};

/** JSON text of an event of about so many bytes: larger ones carry a list of products, as a listing's view does. */
export function clickEvent(bytes: number): Buffer {
  const product = {
    product_id: 'sku-1234',
    name: 'A product with a name',
    price: 19.9,
    quantity: 1,
    tags: ['a', 'b'],
  };
  const products: (typeof product)[] = [];
  const base = JSON.stringify({ ...EVENT, products }).length;
  const each = JSON.stringify(product).length + 1;
  while (base + (products.length + 1) * each <= bytes) products.push(product);
  return Buffer.from(JSON.stringify(products.length === 0 ? EVENT : { ...EVENT, products }));
}

/** As the tracker sends events that it has collected: five properties each, in an envelope with the context that they share. */
function envelope(events: number): Buffer {
  const { context, ...event } = EVENT;
  const batch = Array.from({ length: events }, (_, i) => ({
    ...event,
    messageId: `${event.messageId}-${i}`,
    properties: { ...event.properties, currency: 'EUR', position: i },
  }));
  return Buffer.from(JSON.stringify({ batch, context, sentAt: event.timestamp }));
}

export interface Body {
  /** For a row of the table. */
  name: string;
  bytes: Buffer;
  contentType: string;
}

export const bodyOf = (bytes: number): Body => ({
  name: `${(bytes / 1024).toFixed(1)} KB`,
  bytes: clickEvent(bytes),
  contentType: 'application/json',
});

/** Beacons go out as text/plain. */
export const TWENTY_EVENTS: Body = {
  name: '20 events',
  bytes: envelope(20),
  contentType: 'text/plain',
};

/** Headers of a browser's cross-origin request, as Kong hands them over. */
export const BROWSER_HEADERS: Record<string, string> = {
  host: 'events.shop.example',
  connection: 'keep-alive',
  'user-agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  accept: '*/*',
  origin: 'https://www.shop.example',
  referer: 'https://www.shop.example/search?q=shoes',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'accept-language': 'en-GB,en;q=0.9',
  cookie: 'user_id=01a20932-7b79-717e-92cd-be2e77dc057a; consent=all',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-site',
};
