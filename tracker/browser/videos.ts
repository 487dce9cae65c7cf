/** HTML5 videos, present and future ones, in the names of Segment's video spec. https://segment.com/docs/connections/spec/video/ */

import { newId } from '../core/newId.js';
import type { Tracker } from '../core/types.js';
import { declaredProperties, isPrivate } from './elements.js';

const QUARTERS = [25, 50, 75];

/** One playing of a video, from its start to its end. */
interface Playback {
  id: string;
  /** Seconds, at the last look. */
  position: number;
  quartersSent: Set<number>;
  isPaused?: boolean;
  isSeeking?: boolean;
  isBuffering?: boolean;
}

export function trackVideos(tracker: Tracker, redactUrl: (url: string) => string): void {
  const playbacks = new WeakMap<HTMLVideoElement, Playback>();

  const handlers: Record<string, (video: HTMLVideoElement, playback: Playback | undefined) => void> = {
    play(video, playback) {
      if (!playback) {
        playbacks.set(video, { id: newId(), position: video.currentTime, quartersSent: new Set() });
        send(video, 'Playback Started');
      } else if (playback.isPaused) {
        playback.isPaused = false;
        send(video, 'Playback Resumed');
      }
    },
    pause(video, playback) {
      // A browser pauses at the end, too.
      if (!playback || video.ended) return;
      playback.isPaused = true;
      send(video, 'Playback Paused');
    },
    seeking(video, playback) {
      if (!playback || playback.isSeeking) return;
      playback.isSeeking = true;
      // The player is already at its destination.
      send(video, 'Playback Seek Started', { position: playback.position, seek_position: video.currentTime });
    },
    seeked(video, playback) {
      if (!playback?.isSeeking) return;
      playback.isSeeking = false;
      playback.position = video.currentTime;
      send(video, 'Playback Seek Completed');
    },
    waiting(video, playback) {
      if (!playback || playback.isSeeking || playback.isBuffering) return;
      playback.isBuffering = true;
      send(video, 'Playback Buffer Started');
    },
    playing(video, playback) {
      if (!playback?.isBuffering) return;
      playback.isBuffering = false;
      send(video, 'Playback Buffer Completed');
    },
    timeupdate(video, playback) {
      if (!playback || playback.isSeeking || video.seeking) return;
      sendQuarters(video, playback);
      playback.position = video.currentTime;
    },
    ended(video, playback) {
      if (!playback) return;
      sendQuarters(video, playback);
      send(video, 'Playback Completed');
      playbacks.delete(video);
    },
  };

  /** Only what was played through counts, not what a seek has jumped over. */
  function sendQuarters(video: HTMLVideoElement, { position, quartersSent }: Playback): void {
    for (const quarter of QUARTERS) {
      const at = (video.duration * quarter) / 100;
      if (position >= at || video.currentTime < at || quartersSent.has(quarter)) continue;
      quartersSent.add(quarter);
      send(video, 'Content Playing', { progress: quarter });
    }
  }

  function send(video: HTMLVideoElement, name: string, more?: Record<string, unknown>): void {
    const { currentTime, duration, id, title, currentSrc, muted, volume } = video;
    const properties: Record<string, unknown> = {
      session_id: playbacks.get(video)?.id,
      ...(id && { content_asset_id: id }),
      ...(title && { title }),
      // A blob's address means nothing outside the page.
      ...(currentSrc && !currentSrc.startsWith('blob:') && { src: redactUrl(currentSrc) }),
      position: currentTime,
      // A live stream has no end.
      ...(Number.isFinite(duration) ? { total_length: duration } : { livestream: duration === Infinity }),
      sound: muted ? 0 : Math.round(volume * 100),
      full_screen: document.fullscreenElement === video,
      video_player: 'html5',
      ...declaredProperties(video),
      ...more,
    };
    for (const key of ['position', 'seek_position', 'total_length']) {
      const seconds = properties[key];
      if (typeof seconds === 'number') properties[key] = Math.round(seconds * 1_000) / 1_000;
    }
    tracker.track(`Video ${name}`, properties);
  }

  for (const [type, handle] of Object.entries(handlers)) {
    // Media events don't bubble, but they can be captured.
    document.addEventListener(
      type,
      (event) => {
        const video = event.composedPath()[0];
        if (!(video instanceof HTMLVideoElement) || isPrivate(event.composedPath())) return;
        handle(video, playbacks.get(video));
      },
      { capture: true, passive: true },
    );
  }
}
