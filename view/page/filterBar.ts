/** Which events are shown: by outcome, and by what is typed. */

import type { Counts } from '../events/store';
import { byId, element } from './dom';

const OUTCOMES = ['stored', 'refused', 'throttled', 'failed', 'waiting'] as const;
const TYPING_MS = 200;
/** `member=value` asks for a member, anything else for text. */
const CONDITION = /^[^\s=]+=/;

export interface FilterBar {
  /** As the API takes it. */
  query(): URLSearchParams;
  isActive(): boolean;
  showCounts(counts: Counts): void;
}

export function createFilterBar(onChange: () => void): FilterBar {
  const search = byId<HTMLInputElement>('search');
  const chosen = new Set<string>();
  const buttons = new Map(OUTCOMES.map((outcome) => [outcome, outcomeButton(outcome)]));
  let typing: ReturnType<typeof setTimeout> | undefined;

  function outcomeButton(outcome: string): HTMLButtonElement {
    const button = element('button', `outcome ${outcome}`, outcome, ' ', element('b', '', '0'));
    button.type = 'button';
    button.setAttribute('aria-pressed', 'false');
    button.addEventListener('click', () => {
      if (!chosen.delete(outcome)) chosen.add(outcome);
      button.setAttribute('aria-pressed', String(chosen.has(outcome)));
      onChange();
    });
    byId('outcomes').append(button);
    return button;
  }

  search.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(onChange, TYPING_MS);
  });
  byId('filter').addEventListener('submit', (event) => {
    event.preventDefault();
    onChange();
  });

  return {
    query() {
      const query = new URLSearchParams();
      if (chosen.size > 0) query.set('outcome', [...chosen].join());
      const text = search.value.trim();
      if (CONDITION.test(text)) query.append('where', text);
      else if (text !== '') query.set('q', text);
      return query;
    },
    isActive: () => chosen.size > 0 || search.value.trim() !== '',
    showCounts(counts) {
      for (const [outcome, button] of buttons) button.lastElementChild!.textContent = String(counts[outcome]);
    },
  };
}
