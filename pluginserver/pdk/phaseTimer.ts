/** Ends a phase that takes too long. */

import type { PluginEvent } from './event';

/** One timer serves all of a connection's events. It fires when none has begun for that long, even if none is running. */
export class PhaseTimer {
  private timer: NodeJS.Timeout | undefined;

  /** @param ms how long a phase may take @param running the event under way */
  constructor(
    private readonly ms: number,
    private readonly running: () => PluginEvent | undefined,
  ) {}

  start(): void {
    if (this.timer === undefined) this.timer = setTimeout(() => this.fire(), this.ms).unref();
    else this.timer.refresh();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private fire(): void {
    const event = this.running();
    event?.fail(new Error(`the ${event.phase} phase has not ended in ${this.ms} ms`), 'timed_out');
  }
}
