/** The switches: gateway, Kinesis, limit. */

import type { SwitchesState } from '../api/switches';
import { byId } from './dom';

/** @returns a function that shows a received state */
export function createSwitchesPanel(): (state: SwitchesState) => void {
  const gateway = byId<HTMLSelectElement>('gateway');
  const kinesis = byId<HTMLSelectElement>('kinesis');
  const limit = byId<HTMLInputElement>('limit');
  const said = byId('switches-said');
  gateway.form!.addEventListener('submit', (event) => event.preventDefault());
  gateway.addEventListener('change', () => void change({ gateway: gateway.value }));
  kinesis.addEventListener('change', () => void change({ kinesis: kinesis.value }));
  limit.addEventListener('change', () => {
    const second = limit.value === '' ? null : Number(limit.value);
    void change({ limit: { second } });
  });

  async function change(what: object): Promise<void> {
    const answer = await fetch('/switches', {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(what),
    }).catch(() => undefined);
    const body = await answer?.json();
    if (answer?.ok) show(body);
    said.textContent = answer?.ok ? '' : (body?.error.message ?? 'The server is gone.');
  }

  function show(state: SwitchesState): void {
    gateway.value = state.gateway;
    kinesis.value = state.kinesis ?? '';
    kinesis.disabled = state.kinesis === null;
    limit.disabled = state.limit === null;
    if (document.activeElement !== limit) limit.value = String(state.limit?.second ?? '');
    const broken = [
      ...(state.gateway === 'down' ? ['gateway down'] : []),
      ...(state.kinesis !== 'up' && state.kinesis !== null
        ? [`Kinesis ${kinesis.selectedOptions[0]!.text}`]
        : []),
    ];
    byId('broken').hidden = broken.length === 0;
    byId('broken').textContent = ` ${broken.join(', ')}`;
  }
  return show;
}
