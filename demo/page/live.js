/** The other half of the page: what arrives in the stream. */

import { tracker } from '/tracker.js';

const KEPT = 80;
/** What the gateway, and not the page, has written into an event. */
const FROM_SERVER = ['ip', 'received_at', 'user_id', 'user_agent', 'referer', 'event_id'];

const byId = (id) => document.getElementById(id);

/** An element with children. Text is never markup: whatever an event says, it is shown. */
function element(name, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

let count = 0;

new EventSource('/records').onmessage = ({ data }) => {
  const record = JSON.parse(data);
  byId('empty').hidden = true;
  byId('count').textContent = ++count;
  listOf(record.event).prepend(cardOf(record));
  const all = document.querySelectorAll('.record');
  for (const old of [...all].slice(KEPT)) old.remove();
  for (const batch of document.querySelectorAll('.batch:not(:has(.record))')) batch.remove();
  pulse();
};

/** Events that came in one request stand together: they share the time of sending. */
function listOf({ sentAt, user_id: user }) {
  const key = JSON.stringify([sentAt, user]);
  let batch = [...byId('records').children].find(({ dataset }) => dataset.key === key);
  if (!batch) {
    const time = element('time', {}, String(sentAt ?? '').slice(11, 19));
    batch = element('li', { className: 'batch' }, element('p', {}, element('span'), time), element('div'));
    batch.dataset.key = key;
    byId('records').prepend(batch);
  }
  const list = batch.lastElementChild;
  const size = list.children.length + 1;
  batch.querySelector('span').textContent = size === 1 ? 'one event' : `batch of ${size}`;
  return list;
}

function cardOf({ event, shard, sequenceNumber, bytes }) {
  const { kind, icon, title, detail } = describe(event);
  const isOurs = (key) => FROM_SERVER.includes(key);
  const place = `…${sequenceNumber.slice(-6)} · ${bytes} B`;
  const card = element(
    'details',
    { className: 'record' },
    element(
      'summary',
      {},
      element('span', { className: 'kind' }, icon),
      element('div', {}, element('b', {}, String(title)), element('small', {}, String(detail))),
      element('span', { className: 'where' }, element('b', {}, `shard ${Number(shard.slice(-4))}`), place),
    ),
    element('h4', {}, 'Added by the gateway'),
    element('pre', {}, ...highlight(event, isOurs, 'server')),
    element('h4', {}, 'Sent by the page'),
    element('pre', {}, ...highlight(event, (key) => !isOurs(key), 'key')),
  );
  card.dataset.kind = kind;
  return card;
}

function describe({ type, event: name, properties: given, userId, context }) {
  const event = String(name ?? '');
  const properties = given ?? {};
  if (type === 'page')
    return {
      kind: 'page',
      icon: '◫',
      title: 'Page viewed',
      detail: `${properties.title} ${properties.path}`,
    };
  if (type === 'identify') return { kind: 'identify', icon: '☺', title: 'Identified', detail: userId };
  if (event.startsWith('Video')) {
    const position = `at ${Number(properties.position).toFixed(1)} s of ${properties.total_length} s`;
    const detail = properties.progress ? `${properties.progress} % · ${position}` : position;
    return { kind: 'video', icon: '▷', title: event.replace('Video ', ''), detail };
  }
  const { element, text, sku, price, href } = properties;
  if (element) {
    const what = sku ? `${sku} · €${price}` : text || href || context?.page?.path || '';
    return { kind: 'click', icon: '◎', title: event, detail: `${element} ${what}` };
  }
  return { kind: 'custom', icon: '✦', title: event, detail: JSON.stringify(properties) };
}

/** An object's members as JSON, their names in elements of a class. */
function highlight(event, isWanted, className) {
  const wanted = Object.fromEntries(Object.entries(event).filter(([key]) => isWanted(key)));
  const lines = JSON.stringify(wanted, null, 2).split('\n').slice(1, -1);
  return lines.flatMap((line) => {
    const [, space, key, rest] = /^ {2}( *)"(.+?)":(.*)$/.exec(line) ?? [];
    if (key === undefined) return [`${line.slice(2)}\n`];
    return [space, element('span', { className }, key), `:${rest}\n`];
  });
}

function pulse() {
  for (const line of document.querySelectorAll('.line')) {
    line.classList.remove('flow');
    void line.offsetWidth;
    line.classList.add('flow');
  }
  byId('stop-kinesis').classList.add('lit');
  clearTimeout(pulse.timer);
  pulse.timer = setTimeout(() => byId('stop-kinesis').classList.remove('lit'), 700);
}

setInterval(() => {
  const queues = Object.keys(localStorage).filter((key) => key.startsWith('clickstream.queue'));
  const waiting = queues.reduce((sum, key) => sum + localStorage.getItem(key).split('\n').length, 0);
  byId('waiting').textContent = waiting;
  byId('stop-page').classList.toggle('full', waiting > 0);
  byId('device').textContent = tracker.deviceId ?? 'not yet';
}, 200);

const HINTS = {
  true: 'Click anything on the left. Each click is a record here a moment later.',
  false:
    'The gateway is down. Go on clicking, even reload: events wait in the browser and arrive when it is back.',
};

function showGateway(isUp) {
  byId('gateway').checked = isUp;
  byId('gateway-state').textContent = isUp ? 'up' : 'down';
  byId('stop-gateway').classList.toggle('down', !isUp);
  byId('hint').textContent = HINTS[isUp];
}

byId('gateway').addEventListener('change', async ({ target }) => {
  target.disabled = true;
  const response = await fetch('/gateway', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ up: target.checked }),
  });
  showGateway((await response.json()).gatewayIsUp);
  target.disabled = false;
});

showGateway((await (await fetch('/config')).json()).gatewayIsUp);
