/** One phase of one request: runs the plugin's handler once and sees to it that the event ends exactly once. */

import type { Instance } from '../instances';
import { type Outcome, recordEvent } from '../observe/metrics';
import type { Phase } from '../plugin';
import { createPdk, type PdkChannel, type PdkMethod } from './createPdk';
import { PdkCallError } from './errors';

/** What an event asks of its connection. */
export interface EventHost extends PdkChannel {
  /** The handler has returned. */
  done(event: PluginEvent): void;
  /** The handler has thrown, or has not ended in time. */
  failed(event: PluginEvent, error: unknown): void;
}

export class PluginEvent implements PdkChannel {
  private open = true;
  private outcome: Outcome = 'aborted';
  private readonly startedAt = performance.now();

  /** @param sequence the number of the call that the event's end answers */
  constructor(
    readonly sequence: number,
    readonly instance: Instance,
    readonly phase: Phase,
    private readonly host: EventHost,
  ) {}

  run(): void {
    try {
      Promise.resolve(this.instance.handler[this.phase]?.(createPdk(this))).then(
        () => this.succeed(),
        (error) => this.fail(error),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  call(method: PdkMethod, args: unknown[]): Promise<unknown> {
    if (!this.open)
      return Promise.reject(
        new PdkCallError('ERR_EVENT_OVER', `${method.name} was called after its event was over`),
      );
    if (method.answers === 'never') this.outcome = 'exited';
    return this.host.call(method, args);
  }

  /** Answers the event with an error, unless it is over. */
  fail(error: unknown, how: Outcome = 'failed'): void {
    if (!this.open) return;
    this.outcome = how;
    this.host.failed(this, error);
  }

  /** Ends the event: what its handler still does is without effect. */
  close(): void {
    if (this.open) recordEvent(this.phase, this.outcome, this.startedAt);
    this.open = false;
  }

  private succeed(): void {
    if (!this.open) return;
    this.outcome = 'returned';
    this.host.done(this);
  }
}
