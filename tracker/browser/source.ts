/** A source records by itself what happens in a page. Each is an export of its own, so that a bundle may lack it. */

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
  /** An address as it may stand in an event, bounded and redacted. */
  clean(url: string | null | undefined): string | undefined;
  /** The address that a single-page application left for the one that is there. */
  previousUrl?: string;
  /** Who hears of its views, see `navigation.ts`. */
  onViews?: ((previousUrl: string) => void)[];
}
