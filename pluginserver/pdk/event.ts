/** One phase of one request: runs the plugin's handler once and makes sure the event ends exactly once. */

import type { Logger } from 'pino';
import type { Instance } from '../instances';
import { type Outcome, recordEvent, recordOverload } from '../observe/metrics';
import type { Phase } from '../plugin';
import { METHODS, type MethodName } from '../protocol/methods';
import { createPdk, type PdkCaller } from './createPdk';
import { PdkCallError, rejected } from './errors';

/** What an event needs from its conversation. */
export interface EventHost extends PdkCaller {
  /** The handler has returned. */
  done(): void;
}

/** The arguments of the `kong.response.exit` that answers a failed event. */
export const INTERNAL_ERROR = [
  500,
  JSON.stringify({
    error: { code: 'internal_error', message: 'the plugin failed; its log has the cause' },
  }),
  { 'content-type': 'application/json; charset=utf-8' },
];

/** The same for an event refused for lack of memory; the client sends it again. */
export const OVERLOADED = [
  503,
  JSON.stringify({
    error: { code: 'overloaded', message: 'the gateway has too much in hand, send it again later' },
  }),
  { 'content-type': 'application/json; charset=utf-8', 'retry-after': '1' },
];

export class PluginEvent implements PdkCaller {
  private open = true;
  private outcome: Outcome = 'aborted';
  private readonly startedAt = performance.now();

  constructor(
    private readonly instance: Instance,
    readonly phase: Phase,
    private readonly host: EventHost,
    private readonly log: Logger,
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

  call(name: MethodName, args: unknown[]): Promise<unknown> {
    if (!this.open)
      return rejected(new PdkCallError('ERR_EVENT_OVER', `${name} was called after its event was over`));
    if (name === 'kong.response.exit') this.outcome = 'exited';
    try {
      return this.host.call(name, args);
    } catch (cause) {
      const error = new TypeError(`${name} does not take these arguments`, { cause });
      // Nobody may be waiting for a setter, and the request must not go on without it.
      if (METHODS[name].answers !== 'value') this.fail(error);
      return rejected(error);
    }
  }

  /** Answers the event with an error, unless it is over. */
  fail(error: unknown, outcome: Outcome = 'failed'): void {
    if (!this.open) return;
    this.outcome = outcome;
    const { name } = this.instance.plugin;
    this.log.error({ plugin: name, phase: this.phase, err: error }, 'the plugin failed');
    void this.host.call('kong.response.exit', INTERNAL_ERROR);
  }

  /** Refuses the event: there is no memory for what Kong has sent. */
  overload(): void {
    if (!this.open) return;
    this.outcome = 'exited';
    recordOverload();
    void this.host.call('kong.response.exit', OVERLOADED);
  }

  /** Ends the event: anything its handler still does has no effect. */
  close(): void {
    if (this.open) recordEvent(this.phase, this.outcome, this.startedAt);
    this.open = false;
  }

  private succeed(): void {
    if (!this.open) return;
    this.outcome = 'returned';
    this.host.done();
  }
}
