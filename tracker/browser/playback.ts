/** One video: which of its browser events are viewer events. */

import { attempt, guard } from '../core/attempt.js';
import { monotonic } from '../core/monotonic.js';
import { newId } from '../core/newId.js';
import { matches, pathOf } from './dom.js';
import { attributeText, declaredOf } from './elements.js';
import type { SourcePage } from './source.js';

/** Seeks that follow one another this quickly are one. */
const SEEK_QUIET_MS = 500;
/** How far from its end, in seconds, a film may last have been seen when it restarts by itself. */
const LOOP_TOLERANCE = 0.75;

/** @returns what to call with the type of each media event */
export function createPlayback(
  video: HTMLVideoElement,
  { record, clean }: SourcePage,
): (type: string) => void {
  /** Identifies one playing of one film, from start to end. */
  let id: string | undefined;
  /** Seconds, and when that was. */
  let position = 0;
  let seenAt = 0;
  /** For a live stream it is infinite, and may grow. */
  let length = 0;
  let progress = 0;
  let isPaused = false;
  let isBuffering = false;
  /** A run of seeks has begun and has not been reported as completed. */
  let isSeeking = false;
  let seekTimer: ReturnType<typeof setTimeout> | undefined;

  function send(name: string, more?: Record<string, unknown>): void {
    const path = pathOf(video);
    record(`Video ${name}`, {
      session_id: id,
      content_asset_id: attributeText(video, 'id'),
      src: clean(video.currentSrc),
      position: seconds(video.currentTime),
      total_length: seconds(video.duration),
      livestream: video.duration === Infinity || undefined,
      sound: video.muted ? 0 : Math.round(video.volume * 100),
      full_screen: !!attempt(() => path.some((element) => matches(element, ':fullscreen'))),
      video_player: 'html5',
      ...declaredOf(path).properties,
      ...more,
    });
  }

  function sawPosition(): void {
    position = video.currentTime;
    seenAt = monotonic();
  }

  function begin(): void {
    id = newId();
    length = video.duration;
    progress = 0;
    isPaused = isBuffering = isSeeking = false;
    sawPosition();
    send('Playback Started');
  }

  /** Only what was played through counts, not what a seek skipped, and nothing for a film of unknown length. */
  function countQuarters(upTo: number): void {
    // The length grows while receiving: a quarter of it can't be known.
    const isKnown = length === video.duration && length < Infinity;
    length = video.duration;
    while (progress < 75 && upTo >= (length * (progress + 25)) / 100) {
      progress += 25;
      const at = (length * progress) / 100;
      if (isKnown && position < at)
        send('Content Playing', { progress, position: seconds(Math.max(at, video.currentTime)) });
    }
  }

  function complete(): void {
    const end = video.duration < Infinity ? video.duration : video.currentTime;
    countQuarters(end);
    send('Playback Completed', { position: seconds(end) });
    id = undefined;
  }

  function endSeek(): void {
    clearTimeout(seekTimer);
    if (!id || !isSeeking || video.seeking) return;
    isSeeking = false;
    send('Playback Seek Completed');
  }

  /** A video with `loop` seeks, or jumps, from its end to its beginning by itself. */
  function hasLooped(): boolean {
    // How far it has got since the last look, which may come late on a busy page.
    const end = position + ((monotonic() - seenAt) / 1_000) * video.playbackRate;
    const hasJumped = video.currentTime < position && end > video.duration - LOOP_TOLERANCE;
    return video.loop && !isSeeking && !isPaused && hasJumped;
  }

  function endPlayback(): void {
    clearTimeout(seekTimer);
    id = undefined;
  }

  return (type) => {
    const isRunning = !video.paused && !video.ended && !video.seeking;
    const isTick = type === 'timeupdate';
    // The film was replaced or removed. Its playback ends here, unfinished.
    if (type === 'emptied') endPlayback();
    if (!id) {
      // An autoplaying video may have begun before the tracker.
      if (isRunning && (type === 'playing' || (isTick && video.currentTime > 0))) begin();
    } else if ((type === 'seeking' || isTick) && hasLooped()) {
      complete();
      if (!video.seeking) begin();
    } else if (type === 'play') {
      endSeek();
      if (isPaused) send('Playback Resumed');
      isPaused = false;
    } else if (type === 'pause' && !video.ended && !isPaused) {
      // A browser pauses at the end, too.
      isPaused = true;
      send('Playback Paused');
    } else if (type === 'seeking') {
      clearTimeout(seekTimer);
      // The player is already at its destination.
      const destination = seconds(video.currentTime);
      if (!isSeeking)
        send('Playback Seek Started', { position: seconds(position), seek_position: destination });
      isSeeking = true;
    } else if (type === 'seeked') {
      sawPosition();
      clearTimeout(seekTimer);
      seekTimer = setTimeout(guard(endSeek), SEEK_QUIET_MS);
    } else if (type === 'waiting') {
      if (!isSeeking && !isBuffering) send('Playback Buffer Started');
      isBuffering ||= !isSeeking;
    } else if (type === 'ended') {
      endSeek();
      complete();
    } else if (isRunning) {
      if (isBuffering && (!isTick || video.currentTime > position)) {
        isBuffering = false;
        send('Playback Buffer Completed');
      }
      if (isTick) {
        countQuarters(video.currentTime);
        sawPosition();
      }
    }
  };
}

/** To the millisecond; undefined for anything but a finite number. */
function seconds(value: number): number | undefined {
  return value < Infinity ? Math.round(value * 1_000) / 1_000 : undefined;
}
