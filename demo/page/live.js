/** The other half of the page: what arrives in the stream. */

import { tracker } from '/tracker.js';

const KEPT = 80;
/** What the gateway, and not the page, has written into an event. */
const FROM_SERVER = ['ip', 'received_at', 'user_id', 'user_agent', 'referer', 'event_id'];

const byId = (id) => document.getElementById(id);
const escapeHtml = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

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
function listOf({ sentAt = '', user_id: user = '' }) {
  const key = `${sentAt} ${user}`;
  let batch = [...byId('records').children].find(({ dataset }) => dataset.key === key);
  if (!batch) {
    batch = document.createElement('li');
    batch.className = 'batch';
    batch.dataset.key = key;
    batch.innerHTML = `<p><span></span><time>${sentAt.slice(11, 19)}</time></p><div></div>`;
    byId('records').prepend(batch);
  }
  const list = batch.lastElementChild;
  const size = list.children.length + 1;
  batch.querySelector('span').textContent = size === 1 ? 'one event' : `batch of ${size}`;
  return list;
}

function cardOf({ event, shard, sequenceNumber, bytes }) {
  const { kind, icon, title, detail } = describe(event);
  const card = document.createElement('details');
  card.className = 'record';
  card.dataset.kind = kind;
  card.innerHTML = `
    <summary>
      <span class="kind">${icon}</span>
      <div><b>${escapeHtml(title)}</b><small>${escapeHtml(detail)}</small></div>
      <span class="where"><b>shard ${Number(shard.slice(-4))}</b>…${sequenceNumber.slice(-6)} · ${bytes} B</span>
    </summary>
    <h4>Added by the gateway</h4>
    <pre>${highlight(event, (key) => FROM_SERVER.includes(key), 'server')}</pre>
    <h4>Sent by the page</h4>
    <pre>${highlight(event, (key) => !FROM_SERVER.includes(key), 'key')}</pre>`;
  return card;
}

function describe({ type, event = '', properties = {}, userId, context = {} }) {
  if (type === 'page')
    return {
      kind: 'page',
      icon: '◫',
      title: 'Page viewed',
      detail: `${properties.title} ${properties.path}`,
    };
  if (type === 'identify') return { kind: 'identify', icon: '☺', title: 'Identified', detail: userId };
  if (event.startsWith('Video')) {
    const position = `at ${properties.position?.toFixed(1)} s of ${properties.total_length} s`;
    const detail = properties.progress ? `${properties.progress} % · ${position}` : position;
    return { kind: 'video', icon: '▷', title: event.replace('Video ', ''), detail };
  }
  const { element, text, sku, price, href } = properties;
  if (element) {
    const what = sku ? `${sku} · €${price}` : text || href || context.page?.path || '';
    return { kind: 'click', icon: '◎', title: event, detail: `${element} ${what}` };
  }
  return { kind: 'custom', icon: '✦', title: event, detail: JSON.stringify(properties) };
}

function highlight(event, isWanted, className) {
  const wanted = Object.fromEntries(Object.entries(event).filter(([key]) => isWanted(key)));
  const lines = escapeHtml(JSON.stringify(wanted, null, 2))
    .split('\n')
    .slice(1, -1);
  const key = /^( *)&#34;(.+?)&#34;:/;
  return lines
    .map((line) => line.slice(2).replace(key, `$1<span class="${className}">$2</span>:`))
    .join('\n');
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
