/** One event: what arrived next to what was stored, and everything known about its path. */

import type { EventJson } from '../events/toJson';
import { byId, copyButton, element } from './dom';
import { jsonLines } from './jsonLines';
import { timeOf } from './list';

export function showDetail(event: EventJson, onBack: () => void): void {
  const back = element('button', 'back', '← All events');
  back.type = 'button';
  back.addEventListener('click', onBack);
  byId('detail').replaceChildren(
    back,
    titleOf(event),
    ...(isReadable(event)
      ? []
      : [
          element(
            'p',
            'reason',
            'The page can’t read this answer: cors doesn’t allow its origin, and the page takes it for a failure.',
          ),
        ]),
    ...(event.reason === null ? [] : [element('p', 'reason', reasonOf(event))]),
    facts(event),
    buttons(event),
    texts(event),
    requestOf(event),
    answerOf(event),
  );
}

export function showHint(text: string): void {
  byId('detail').replaceChildren(element('p', 'hint', text));
}

/** Whether the page that sent it may read the answer. Its event may be stored even if not. */
function isReadable({ request, answer, code }: EventJson): boolean {
  const origin = request.headers.find(([name]) => name === 'origin')?.[1];
  if (origin === undefined || answer === null || code === 'cors_preflight') return true;
  return ['*', origin].includes(String(answer.headers['access-control-allow-origin']));
}

function titleOf({ outcome, name }: EventJson): HTMLElement {
  return element('h2', '', element('span', `outcome ${outcome}`, outcome), ' ', name);
}

function reasonOf({ code, reason }: EventJson): string {
  return code === null ? reason! : `${code}: ${reason}`;
}

function facts({ record, rule, at, latency_ms: latency, status, request }: EventJson): HTMLElement {
  const rows: [string, string][] = [['Came', `${timeOf(at)} from ${request.client_ip}`]];
  if (request.events > 1) rows.push(['Request', `event ${request.index + 1} of ${request.events}`]);
  if (status !== null) rows.push(['Answer', `${status} after ${latency} ms`]);
  if (record !== null) {
    rows.push(['Stream', `${record.stream}, ${ruleOf(rule)}`]);
    rows.push([
      'Partition key',
      `${record.partition_key} (${String(record.partition_key_of ?? 'not known')})`,
    ]);
    rows.push(['Shard', record.shard_id], ['Sequence number', record.sequence_number]);
  }
  const list = element('dl');
  for (const [name, text] of rows) list.append(element('dt', '', name), element('dd', '', text));
  return list;
}

function ruleOf(rule: EventJson['rule']): string {
  if (rule === null) return 'by a rule that can’t be known';
  if (rule === 'default') return 'the default';
  return `by rule ${rule.number}: ${JSON.stringify(rule.when)}`;
}

function buttons({ curl, sent, record }: EventJson): HTMLElement {
  const row = element('p', 'buttons');
  if (curl === null) row.append('The body can’t stand in a command line.');
  else row.append(copyButton('Copy as curl', curl));
  if (sent !== null) row.append(copyButton('Copy event', sent));
  if (record !== null) row.append(copyButton('Copy record', record.data));
  return row;
}

/** Side by side if there is room. */
function texts({ sent, record, changes, request }: EventJson): HTMLElement {
  const pair = element('div', 'pair');
  const marked = changes ?? [];
  const inSent = marked.filter(({ sent: before }) => before !== undefined);
  const inRecord = marked.filter(({ change }) => change !== 'removed');
  const came = sent === null ? element('p', 'hint', 'Nobody has read the body.') : jsonLines(sent, inSent);
  pair.append(element('div', '', element('h3', '', 'As it came'), came));
  if (record !== null)
    pair.append(element('div', '', element('h3', '', 'As it is stored'), jsonLines(record.data, inRecord)));
  if (record !== null && changes === null)
    pair.append(element('p', 'hint', 'It has too many members to say what the gateway did.'));
  if (marked.length > 0) pair.append(legend(marked, request.events > 1));
  return pair;
}

function legend(changes: NonNullable<EventJson['changes']>, several: boolean): HTMLElement {
  const has = (change: string) => changes.some((one) => one.change === change);
  const list = element('p', 'legend');
  const entries: [string, string, string][] = [
    ['added', '+', 'set by the gateway'],
    ['replaced', '±', 'replaced by the gateway'],
    ['removed', '−', 'taken out by the gateway'],
    ['shared', '↳', several ? 'from the envelope of its batch' : 'from its envelope'],
  ];
  for (const [change, sign, text] of entries)
    if (has(change)) list.append(element('span', change, element('b', 'sign', sign), ` ${text}`));
  return list;
}

function requestOf({ request }: EventJson): HTMLElement {
  const { method, url, headers, body_bytes: bytes } = request;
  const size = bytes === null ? '' : ` (${bytes} bytes)`;
  return section('Request', `${method} ${url}${size}`, headers);
}

function answerOf({ answer }: EventJson): HTMLElement {
  if (answer === null) return element('p', 'hint', 'There is no answer yet, or nobody to take it.');
  const headers = Object.entries(answer.headers).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, value] as const),
  );
  const box = section('Answer', String(answer.status), headers);
  box.append(jsonLines(answer.body ?? '', []));
  return box;
}

function section(title: string, line: string, headers: readonly (readonly [string, string])[]): HTMLElement {
  const list = element('dl', 'headers');
  for (const [name, value] of headers) list.append(element('dt', '', name), element('dd', '', value));
  const box = element('details', '', element('summary', '', element('b', '', title), ` ${line}`), list);
  return box;
}
