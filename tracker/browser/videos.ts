/** HTML5 videos, present and future, named as in Segment's video spec. https://segment.com/docs/connections/spec/video/ */

import { guard } from '../core/attempt.js';
import { isElement, pathOf, prop } from './dom.js';
import { isPrivate } from './elements.js';
import { createPlayback } from './playback.js';
import type { Source } from './source.js';
import { watchRoots } from './watchRoots.js';

const TYPES = ['play', 'playing', 'timeupdate', 'pause', 'seeking', 'seeked', 'waiting', 'ended', 'emptied'];

export function videos(): Source {
  return (page) => {
    const known = new WeakSet<EventTarget>();

    // On the video itself: events don't leave a shadow root, or a video that the page has removed.
    const follow = guard(({ target }: Event): void => {
      if (!isElement(target) || prop(target, 'localName') !== 'video' || known.has(target)) return;
      known.add(target);
      const onMediaEvent = createPlayback(target as HTMLVideoElement, page);
      const listener = guard(({ type }: Event) => isPrivate(pathOf(target)) || onMediaEvent(type));
      for (const type of TYPES) target.addEventListener(type, listener);
    });

    // Media events don't bubble, but they can be captured.
    watchRoots(page, (root) => {
      for (const type of TYPES) root.addEventListener(type, follow, true);
    });
  };
}
