/** The list of events, newest first. One row at a time takes keyboard focus; the arrow keys lead to the others. */

import type { EventSummary } from '../events/toJson';
import { byId, element } from './dom';

const MAX_ROWS = 1_000;

export interface EventList {
  /** Replaces all rows. @param events oldest first */
  show(events: readonly EventSummary[]): void;
  /** Adds new rows, or updates existing ones. */
  update(events: readonly EventSummary[]): void;
  remove(ids: readonly number[]): void;
  size(): number;
  /** Marks a row as the chosen one. */
  choose(id: number | undefined): void;
  /** Returns keyboard focus to the chosen row. */
  focus(): void;
}

export function createEventList(onChoose: (id: number) => void): EventList {
  const list = byId<HTMLOListElement>('events');
  const rows = new Map<number, HTMLButtonElement>();
  let chosen: number | undefined;

  list.addEventListener('click', ({ target }) => {
    const row = (target as HTMLElement).closest('button');
    if (row !== null) onChoose(Number(row.dataset.id));
  });
  list.addEventListener('focusin', ({ target }) => tabTo(target as HTMLElement));
  list.addEventListener('keydown', (event) => {
    const item = (event.target as HTMLElement).closest('li');
    const to = {
      ArrowDown: item?.nextElementSibling,
      ArrowUp: item?.previousElementSibling,
      Home: list.firstElementChild,
      End: list.lastElementChild,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    to?.querySelector('button')?.focus();
  });

  /** Of a thousand rows, the Tab key stops at only one. */
  function tabTo(row: HTMLElement | null | undefined): void {
    for (const other of list.querySelectorAll<HTMLElement>('button[tabindex="0"]')) other.tabIndex = -1;
    if (row) row.tabIndex = 0;
  }
  function put(event: EventSummary): void {
    const row = rows.get(event.id);
    if (row !== undefined) {
      fill(row, event);
      return;
    }
    const made = element('button');
    made.type = 'button';
    made.tabIndex = -1;
    fill(made, event);
    if (event.id === chosen) made.setAttribute('aria-current', 'true');
    rows.set(event.id, made);
    list.prepend(element('li', '', made));
  }
  function drop(id: number): void {
    rows.get(id)?.parentElement?.remove();
    rows.delete(id);
  }
  function settle(): void {
    for (const id of rows.keys()) {
      if (rows.size <= MAX_ROWS) break;
      drop(id);
    }
    if (list.querySelector('button[tabindex="0"]') === null) tabTo(list.querySelector('button'));
  }

  return {
    show(events) {
      rows.clear();
      list.replaceChildren();
      for (const event of events) put(event);
      settle();
    },
    update(events) {
      for (const event of events) put(event);
      settle();
    },
    remove(ids) {
      for (const id of ids) drop(id);
      settle();
    },
    size: () => rows.size,
    choose(id) {
      if (chosen !== undefined) rows.get(chosen)?.removeAttribute('aria-current');
      chosen = id;
      if (id !== undefined) rows.get(id)?.setAttribute('aria-current', 'true');
    },
    focus: () => (chosen === undefined ? undefined : rows.get(chosen))?.focus(),
  };
}

function fill(row: HTMLButtonElement, event: EventSummary): void {
  const { id, outcome, name, type, code, stream, shard_id: shard, latency_ms: latency } = event;
  row.dataset.id = String(id);
  row.className = outcome;
  const where = stream === null ? (code ?? '') : `${stream} · shard ${Number(shard!.slice(-12))}`;
  const what = type !== null && type !== name ? `${type} · ${where}` : where;
  row.replaceChildren(
    element('span', `outcome ${outcome}`, outcome),
    element('span', 'what', element('b', '', name), ' ', element('small', '', what)),
    element(
      'span',
      'when',
      timeOf(event.at),
      ' ',
      element('small', '', latency === null ? '' : `${latency} ms`),
    ),
  );
}

export function timeOf(at: string): string {
  return new Date(at).toLocaleTimeString('en-GB', { hour12: false });
}
