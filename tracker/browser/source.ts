/** A source records automatically what happens in a page. Each is a separate export, so a bundle may omit it. */

import type { Properties } from '../core/types.js';

export type Source = (page: SourcePage) => void;

/** What a source is given. */
export interface SourcePage {
  record(event: string, properties: Properties): void;
  /** Records a view of the page as it is now. */
  view(): void;
  flush(): unknown;
  /** Listens on the window, before the page's own listeners. */
  listen<Type extends keyof WindowEventMap>(
    type: Type,
    listener: (event: WindowEventMap[Type]) => unknown,
  ): void;
  /** An address in the form allowed in an event, bounded and redacted. */
  clean(url: string | null | undefined): string | undefined;
  /** The address that a single-page application left for the current one. */
  previousUrl?: string;
  /** Called for each view, see `navigation.ts`. */
  onViews?: ((previousUrl: string) => void)[];
}
