/** The shop: what any shop has. */

import { isSilent, letterRequested, tracker, tryAnyway } from '/shop/tracker.js';

/** A single-page application's navigation: the tracker sees it by itself. */
function show() {
  const isStory = location.pathname === '/shop/story';
  for (const view of document.querySelectorAll('[data-view]'))
    view.hidden = (view.dataset.view === 'story') !== isStory;
  document.title = isStory ? 'Our story · Lumen & Oak' : 'Lumen & Oak';
}
document.addEventListener('click', (event) => {
  const link = event.target.closest('[data-route]');
  if (!link) return;
  event.preventDefault();
  if (link.pathname !== location.pathname) history.pushState({}, '', link.href);
  show();
});
addEventListener('popstate', show);
show();

const LAMPS = [
  { sku: 'L-01', name: 'Dusk', note: 'Oak and opal glass', price: 189, tint: '#fbe6d0', shade: '#e2a06c' },
  { sku: 'L-02', name: 'Harbour', note: 'Brass, weathered', price: 245, tint: '#dfe9e4', shade: '#5f8a7d' },
  {
    sku: 'L-03',
    name: 'Little Moon',
    note: 'For bedside tables',
    price: 98,
    tint: '#e9e3f2',
    shade: '#8d7fb8',
  },
];

const byId = (id) => document.getElementById(id);

byId('products').innerHTML = LAMPS.map(
  ({ sku, name, note, price, shade }, i) => `
  <article class="product">
    <div class="art">${lamp(shade, i)}</div>
    <div>
      <h2>${name}</h2>
      <small>${note} · €${price}</small>
      <button class="add" data-track="Product Added" data-track-sku="${sku}" data-track-price="${price}">Add</button>
    </div>
  </article>`,
).join('');
// Not as attributes: the page's Content-Security-Policy has no inline styles.
for (const [i, art] of byId('products').querySelectorAll('.art').entries())
  art.style.background = LAMPS[i].tint;

function lamp(shade, shape) {
  const heads = [
    'M-34 0 L-20 -42 L20 -42 L34 0 Z',
    'M-38 0 A38 38 0 0 1 38 0 Z',
    'M0 -50 A26 26 0 1 1 -0.1 -50 Z',
  ];
  return `<svg viewBox="-60 -62 120 130" role="img" aria-label="Lamp">
    <circle class="glow" r="58" cy="-18" fill="#fff3d6"/>
    <path d="M-3 0 h6 v50 h-6 z" fill="#8a6746"/>
    <rect x="-24" y="50" width="48" height="9" rx="4.5" fill="#8a6746"/>
    <path d="${heads[shape]}" fill="${shade}"/>
  </svg>`;
}

let inCart = 0;
byId('products').addEventListener('click', ({ target }) => {
  if (target.closest('.add')) byId('cart-count').textContent = ++inCart;
});

byId('sign-in').addEventListener('click', ({ currentTarget }) => {
  currentTarget.textContent = 'Hello, Ada';
  tracker.identify('customer-1815', { plan: 'friend' });
});

byId('letter').addEventListener('submit', (event) => {
  event.preventDefault();
  letterRequested('light');
  event.target.reset();
  event.target.querySelector('button').textContent = 'Thank you';
});

byId('privacy').hidden = !isSilent;
byId('try-anyway').addEventListener('click', tryAnyway);

/** With the gateway down, say: events are kept here until it is back. */
setInterval(() => {
  const queues = Object.keys(localStorage).filter((key) => key.startsWith('clickstream.queue'));
  const waiting = queues.reduce((sum, key) => sum + localStorage.getItem(key).split('\n').length, 0);
  byId('waiting').hidden = waiting === 0;
  byId('waiting').textContent = `${waiting} ${waiting === 1 ? 'event waits' : 'events wait'} in this browser`;
}, 250);
