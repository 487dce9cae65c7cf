/** HTML5 videos, present and future ones, in the names of Segment's video spec. https://segment.com/docs/connections/spec/video/ */

import { newId } from '../core/newId.js';
import type { Tracker } from '../core/types.js';
import { declaredProperties, isPrivate } from './elements.js';

/** One playing of a video, from its start to its end. */
interface Playback {
  id: string;
  /** Seconds, at the last look. */
  position: number;
  quartersSent: number[];
  isPaused?: boolean;
  isSeeking?: boolean;
  isBuffering?: boolean;
}

export function trackVideos(tracker: Tracker, redactUrl: (url: string) => string): void {
  const playbacks = new WeakMap<EventTarget, Playback>();

  const onMediaEvent = (event: Event): void => {
    const path = event.composedPath();
    const video = path[0]!;
    if (!(video instanceof HTMLVideoElement) || isPrivate(path)) return;
    const { type } = event;
    const { currentTime, duration, ended } = video;
    let playback = playbacks.get(video);

    const send = (name: string, more?: Record<string, unknown>): void => {
      const { id, currentSrc, muted, volume } = video;
      tracker.track(`Video ${name}`, {
        session_id: playback!.id,
        content_asset_id: id || undefined,
        // A blob's address means nothing outside the page.
        src: currentSrc.startsWith('blob:') ? undefined : redactUrl(currentSrc),
        position: seconds(currentTime),
        // None of a live stream: JSON makes null of Infinity.
        total_length: seconds(duration),
        sound: muted ? 0 : Math.round(volume * 100),
        full_screen: document.fullscreenElement === video,
        video_player: 'html5',
        ...declaredProperties(video),
        ...more,
      });
    };

    if (!playback) {
      if (type !== 'play') return;
      playback = { id: newId(), position: currentTime, quartersSent: [] };
      playbacks.set(video, playback);
      send('Playback Started');
    }
    const { isPaused, isSeeking, isBuffering, position, quartersSent } = playback;

    if (type === 'play' && isPaused) {
      playback.isPaused = false;
      send('Playback Resumed');
    }
    // A browser pauses at the end, too.
    if (type === 'pause' && !ended) {
      playback.isPaused = true;
      send('Playback Paused');
    }
    if (type === 'seeking' && !isSeeking) {
      playback.isSeeking = true;
      // The player is already at its destination.
      send('Playback Seek Started', { position: seconds(position), seek_position: seconds(currentTime) });
    }
    if (type === 'seeked' && isSeeking) {
      playback.isSeeking = false;
      playback.position = currentTime;
      send('Playback Seek Completed');
    }
    if (type === 'waiting' && !isSeeking && !isBuffering) {
      playback.isBuffering = true;
      send('Playback Buffer Started');
    }
    if (type === 'playing' && isBuffering) {
      playback.isBuffering = false;
      send('Playback Buffer Completed');
    }
    if ((type === 'timeupdate' || type === 'ended') && !isSeeking && !video.seeking) {
      // Only what was played through counts, not what a seek has jumped over.
      for (const quarter of [25, 50, 75]) {
        const at = (duration * quarter) / 100;
        if (position >= at || currentTime < at || quartersSent.includes(quarter)) continue;
        quartersSent.push(quarter);
        send('Content Playing', { progress: quarter });
      }
      playback.position = currentTime;
    }
    if (type === 'ended') {
      send('Playback Completed');
      playbacks.delete(video);
    }
  };

  // Media events don't bubble, but they can be captured.
  for (const type of ['play', 'pause', 'seeking', 'seeked', 'waiting', 'playing', 'timeupdate', 'ended'])
    document.addEventListener(type, onMediaEvent, true);
}

/** To the millisecond. */
function seconds(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
