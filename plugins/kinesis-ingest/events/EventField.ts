/** A field of a request's events: where it is, what is done with it, and what an event gets that has none of it. */

import type { Wanted } from '../json/scanObject';

/** What is done with a field of an event. `json` is a value's JSON text. */
export type Edit =
  /** The client's own stays as it is, or absent. */
  | { readonly kind: 'keep' }
  /** The client's own is taken out. */
  | { readonly kind: 'drop' }
  /** The value takes the place of the client's own, or is added. */
  | { readonly kind: 'set'; readonly json: string }
  /** The value is added where the client has none. */
  | { readonly kind: 'ifAbsent'; readonly json: string };

const KEEP: Edit = { kind: 'keep' };
const DROP: Edit = { kind: 'drop' };

/** A text to put into an event. */
export interface Insertion {
  readonly json: string;
  /** Its length in UTF-8. */
  readonly bytes: number;
}

/**
 * A name in the events of one request: a field with its edit, or an object with fields of its own. The texts that
 * events get are kept until an edit changes, so that what is equal for all events of a request is made once.
 */
export class EventField implements Wanted<EventField> {
  edit: Edit = KEEP;
  /** JSON text of the value that an envelope holds for events that have none of their own. */
  shared: string | undefined;
  private keptMember: Insertion | undefined;
  private keptContent: Insertion | undefined;
  private isKept = false;

  /** @param key `"name":` as JSON @param inner the fields inside, where this one is an object */
  constructor(
    readonly name: string,
    private readonly key: string,
    private readonly parent: EventField | undefined,
    readonly inner: EventField[] | undefined,
  ) {}

  /** @param json undefined takes the client's own out */
  set(json: string | undefined): void {
    if (this.edit.kind === 'set' && this.edit.json === json) return;
    this.edit = json === undefined ? DROP : { kind: 'set', json };
    this.forget();
  }

  /** Has events that lack the field get this value, unless the server sets one. */
  share(json: string): void {
    this.shared = json;
    if (this.edit.kind === 'set' || this.edit.kind === 'drop') return;
    this.edit = { kind: 'ifAbsent', json };
    this.forget();
  }

  /** Adds an empty object, or a field that is kept as it is, to the names inside. */
  addInner(name: string, inner?: EventField[]): EventField {
    const field = new EventField(name, `${JSON.stringify(name)}:`, this, inner);
    this.inner!.push(field);
    this.forget();
    return field;
  }

  /** The member that an event gets where it has none of this name; undefined where it gets nothing. */
  get member(): Insertion | undefined {
    this.make();
    return this.keptMember;
  }

  /** The members inside, with commas between them, that an object gets which has none of them. */
  get content(): Insertion | undefined {
    this.make();
    return this.keptContent;
  }

  /** Whether the server sets a field inside: then an object takes the place of whatever else the client has there. */
  get isSetWithin(): boolean {
    return this.inner?.some((field) => field.edit.kind === 'set' || field.isSetWithin) ?? false;
  }

  private forget(): void {
    this.isKept = false;
    this.parent?.forget();
  }

  private make(): void {
    if (this.isKept) return;
    this.isKept = true;
    if (this.inner === undefined) {
      const { edit } = this;
      const hasText = edit.kind === 'set' || edit.kind === 'ifAbsent';
      this.keptMember = hasText ? insertion(this.key + edit.json) : undefined;
    } else {
      this.keptContent = joined(this.inner);
      this.keptMember = this.keptContent && wrapped(`${this.key}{`, this.keptContent, '}');
    }
  }
}

export function insertion(json: string): Insertion {
  return { json, bytes: Buffer.byteLength(json) };
}

/** @param before and @param after are counted anew, the text between them isn't */
export function wrapped(before: string, { json, bytes }: Insertion, after = ''): Insertion {
  return { json: before + json + after, bytes: Buffer.byteLength(before) + bytes + Buffer.byteLength(after) };
}

/** Members of fields one after the other; undefined where there are none. */
export function joined(fields: readonly EventField[]): Insertion | undefined {
  let json = '';
  let bytes = 0;
  for (const { member } of fields) {
    if (member === undefined) continue;
    json += bytes === 0 ? member.json : `,${member.json}`;
    bytes += bytes === 0 ? member.bytes : member.bytes + 1;
  }
  return bytes === 0 ? undefined : { json, bytes };
}
