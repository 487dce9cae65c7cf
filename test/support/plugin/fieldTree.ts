/** Fields of events as a tree of numbers, each with its edit, for tests that say in one line what is to be done. */

import { type Edit, EventField } from '../../../plugins/kinesis-ingest/events/EventField';
import { bytesOf, editEvent } from '../../../plugins/kinesis-ingest/events/editEvent';
import { scanText } from '../../../plugins/kinesis-ingest/json/scanObject';

export type FieldTree = Map<string, number | FieldTree>;

export const KEEP: Edit = { kind: 'keep' };
export const DROP: Edit = { kind: 'drop' };
export const set = (json: string): Edit => ({ kind: 'set', json });
export const ifAbsent = (json: string): Edit => ({ kind: 'ifAbsent', json });

/** @param edits by number; a field without one is kept */
export function rootOf(tree: FieldTree, edits: readonly Edit[] = []): EventField {
  const root = new EventField('', '', undefined, []);
  addTo(root, tree, edits);
  return root;
}

function addTo(parent: EventField, tree: FieldTree, edits: readonly Edit[]): void {
  for (const [name, number] of tree) {
    if (number instanceof Map) {
      addTo(parent.addInner(name, []), number, edits);
      continue;
    }
    const field = parent.addInner(name);
    const edit = edits[number];
    if (edit?.kind === 'set') field.set(edit.json);
    else if (edit?.kind === 'drop') field.set(undefined);
    else if (edit?.kind === 'ifAbsent') field.share(edit.json);
  }
}

/** The text of an event, with the edits applied. */
export function edited(text: string, tree: FieldTree, edits: readonly Edit[]): string {
  const root = rootOf(tree, edits);
  const bytes = Buffer.from(text);
  const { object } = scanText(bytes, root.inner!);
  const event = { text: bytes, start: 0, end: bytes.length, object: object! };
  return bytesOf(editEvent(event, root, { count: () => undefined })).toString();
}
