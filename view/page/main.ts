/** The live view's page: keeps the list in line with the server, and shows the chosen event. */

import type { SwitchesState } from '../api/switches';
import type { Counts } from '../events/store';
import type { EventJson, EventSummary } from '../events/toJson';
import { showDetail, showHint } from './detail';
import { byId, copy, say } from './dom';
import { createFilterBar } from './filterBar';
import { createEventList } from './list';
import { createSwitchesPanel } from './switchesPanel';

/** Screen readers get announcements no more often than this. */
const SPOKEN_EVERY_MS = 5_000;

const list = createEventList((id) => void choose(id));
const filter = createFilterBar(connect);
const showSwitches = createSwitchesPanel();
const pause = byId<HTMLButtonElement>('pause');
let stream: EventSource | undefined;
let isPaused = false;
let chosen: number | undefined;
let total = 0;
let totalAtPause = 0;
let spoken = '';
let speaking: ReturnType<typeof setTimeout> | undefined;

function connect(): void {
  stream?.close();
  stream = new EventSource(`/events/stream?${filter.query()}`);
  const on = <Data>(name: string, show: (data: Data) => void) =>
    stream!.addEventListener(name, ({ data }) => show(JSON.parse(data) as Data));
  on<SwitchesState>('switches', showSwitches);
  on<{ events: EventSummary[]; counts: Counts }>('snapshot', ({ events, counts }) => {
    list.show(events);
    list.choose(chosen);
    showCounts(counts);
  });
  on<{ events: EventSummary[]; gone: number[]; counts: Counts }>('changes', ({ events, gone, counts }) => {
    if (!isPaused) {
      list.update(events);
      list.remove(gone);
      if (events.some(({ id }) => id === chosen)) void choose(chosen!, false);
    }
    showCounts(counts);
  });
  stream.addEventListener('error', ({ target }) => {
    const isOver = (target as EventSource).readyState === EventSource.CLOSED;
    byId('summary').textContent = isOver
      ? 'The server doesn’t take this page; load it again.'
      : 'The server is gone; trying again …';
  });
}

function showCounts(counts: Counts): void {
  total = counts.total;
  const since = isPaused ? `, paused: ${Math.max(0, total - totalAtPause)} since` : '';
  const text = `${total} ${total === 1 ? 'event' : 'events'}${since}`;
  byId('summary').textContent = text;
  filter.showCounts(counts);
  byId('empty').hidden = list.size() > 0;
  byId('empty-text').textContent =
    total > 0
      ? filter.isActive()
        ? 'None of the events fits.'
        : 'Those that came are not kept any more.'
      : 'Nothing has come yet. Send an event to the gateway:';
  byId('example').hidden = total > 0;
  byId('copy-example').hidden = total > 0;
  spoken = `${text}. ${counts.stored} stored, ${counts.refused} refused, ${counts.failed + counts.throttled} failed.`;
  if (speaking !== undefined) return;
  speaking = setTimeout(() => {
    speaking = undefined;
    say(spoken);
  }, SPOKEN_EVERY_MS);
}

/** @param byHand whether somebody asked for it, rather than a change in what is shown */
async function choose(id: number, byHand = true): Promise<void> {
  const isNew = chosen !== id;
  chosen = id;
  list.choose(id);
  const answer = await fetch(`/events/${id}`);
  if (chosen !== id) return;
  if (!answer.ok) return showHint('The event is not kept any more.');
  showDetail((await answer.json()) as EventJson, leave);
  document.body.classList.add('has-detail');
  if (!byHand) return;
  if (isNew) byId('detail').scrollTop = 0;
  byId('detail').focus({ preventScroll: true });
}

/** Back to the list. */
function leave(): void {
  document.body.classList.remove('has-detail');
  list.focus();
  chosen = undefined;
  list.choose(undefined);
  showHint('Choose an event to see what came, what was stored, and why.');
}

addEventListener('keydown', ({ key }) => {
  if (key === 'Escape' && chosen !== undefined) leave();
});

pause.addEventListener('click', () => {
  isPaused = !isPaused;
  totalAtPause = total;
  pause.setAttribute('aria-pressed', String(isPaused));
  pause.textContent = isPaused ? 'Go on' : 'Pause';
  if (!isPaused) connect();
});

byId('clear').addEventListener('click', async () => {
  await fetch('/events', { method: 'DELETE' });
  leave();
});

const { demo, gateway } = (await (await fetch('/config')).json()) as { demo: boolean; gateway: string };
const example = `curl -i ${gateway}/events -H 'Content-Type: application/json' -d '{"type":"click","target":"buy"}'`;
byId('example').textContent = example;
const copyExample = byId<HTMLButtonElement>('copy-example');
copyExample.addEventListener('click', () => void copy(copyExample, 'Copy', example));
// In the shop's frame, the shop is already next to it.
byId('demo-link').hidden = !demo || window.parent !== window;

const { doNotTrack } = navigator;
const { globalPrivacyControl } = navigator as { globalPrivacyControl?: boolean };
byId('privacy').hidden = !globalPrivacyControl && doNotTrack !== '1';

connect();
