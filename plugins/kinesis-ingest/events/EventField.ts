/** A field of a request's events: its name, its edit, and the text that an event without it gets. */

import type { Wanted } from '../json/scanObject';

/** What to do with a field of an event. `json` is the JSON text of a value. */
export type Edit =
  /** Leave what the client sent. */
  | { readonly kind: 'keep' }
  /** Remove what the client sent. */
  | { readonly kind: 'drop' }
  /** Replace what the client sent, or add the value. */
  | { readonly kind: 'set'; readonly json: string }
  /** Add the value if the client sent none. */
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
 * A name in the events of one request: a field with its edit, or an object with fields inside. Texts to add are cached
 * until an edit changes, so whatever is the same for all events of a request is built once.
 */
export class EventField implements Wanted<EventField> {
  edit: Edit = KEEP;
  /** JSON text of the value in the envelope, for events without their own. */
  shared: string | undefined;
  private keptMember: Insertion | undefined;
  private keptContent: Insertion | undefined;
  private isKept = false;
  private parsedSource: object | undefined;
  private parsedValue: unknown;

  /** @param key `"name":` as JSON @param inner the fields inside, if this is an object */
  constructor(
    readonly name: string,
    private readonly key: string,
    private readonly parent: EventField | undefined,
    readonly inner: EventField[] | undefined,
  ) {}

  /** Sets the server's value. @param json undefined removes what the client sent */
  set(json: string | undefined): void {
    if (this.edit.kind === 'set' && this.edit.json === json) return;
    this.edit = json === undefined ? DROP : { kind: 'set', json };
    this.forget();
  }

  /** Leaves what the client sent, or adds the envelope's value. */
  keep(): void {
    if (this.edit.kind !== 'set') return;
    this.edit = this.shared === undefined ? KEEP : { kind: 'ifAbsent', json: this.shared };
    this.forget();
  }

  /** Gives events without the field this value, unless the server sets one. */
  share(json: string): void {
    this.shared = json;
    if (this.edit.kind === 'set' || this.edit.kind === 'drop') return;
    this.edit = { kind: 'ifAbsent', json };
    this.forget();
  }

  /** Adds a name inside: a field to keep, or an object if `inner` is given. */
  addInner(name: string, inner?: EventField[]): EventField {
    const field = new EventField(name, `${JSON.stringify(name)}:`, this, inner);
    this.inner!.push(field);
    this.forget();
    return field;
  }

  /** The value for an event that lacks the name. It is parsed once, until an edit changes. */
  get value(): unknown {
    const { edit } = this;
    if (this.inner !== undefined) {
      const { content } = this;
      return content && this.parsed(content, content, '{', '}');
    }
    return edit.kind === 'set' || edit.kind === 'ifAbsent' ? this.parsed(edit, edit) : undefined;
  }

  private parsed(source: object, { json }: { json: string }, before = '', after = ''): unknown {
    if (this.parsedSource !== source) {
      this.parsedSource = source;
      this.parsedValue = JSON.parse(before + json + after);
    }
    return this.parsedValue;
  }

  /** The member that an event without this name gets; undefined if it gets nothing. */
  get member(): Insertion | undefined {
    this.make();
    return this.keptMember;
  }

  /** The members, with commas between them, for an object that has none of the names inside. */
  get content(): Insertion | undefined {
    this.make();
    return this.keptContent;
  }

  /** Whether the server sets a field inside. If so, an object replaces any other value of the client's. */
  get isSetWithin(): boolean {
    return this.inner?.some((field) => field.edit.kind === 'set' || field.isSetWithin) ?? false;
  }

  isWithin(field: EventField): boolean {
    return this.parent === field || (this.parent?.isWithin(field) ?? false);
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

/** Puts text around an insertion, whose bytes are not counted again. */
export function wrapped(before: string, { json, bytes }: Insertion, after = ''): Insertion {
  return { json: before + json + after, bytes: Buffer.byteLength(before) + bytes + Buffer.byteLength(after) };
}

/** The members of fields, with commas between them; undefined if there are none. */
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
