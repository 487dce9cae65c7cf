/** One phase of one request: runs the plugin's handler once and sees to it that the event ends exactly once. */

import { createPdk } from './createPdk';
import { type Outcome, recordEvent } from './metrics';
import { PdkCallError } from './PdkCallError';
import type { Phase, PluginInstance } from './plugin';
import type { MethodName } from './protocol/methods';

export interface EventActions {
  timeoutMs: number;
  call(name: MethodName, args: unknown[]): Promise<unknown>;
  /** The handler has returned. */
  done(): void;
  /** The handler has thrown, or has not ended in time. */
  failed(error: unknown): void;
}

export interface PluginEvent {
  run(): void;
  /** Answers the event with an error, unless it is over. */
  fail(error: unknown): void;
  /** Ends the event: what its handler still does is without effect. */
  close(): void;
}

export function createEvent(handler: PluginInstance, phase: Phase, actions: EventActions): PluginEvent {
  let open = true;
  let timer: NodeJS.Timeout | undefined;
  let outcome: Outcome = 'aborted';
  const startedAt = performance.now();

  const kong = createPdk({
    call(name, args) {
      if (open) {
        if (name === 'kong.response.exit') outcome = 'exited';
        return actions.call(name, args);
      }
      return Promise.reject(
        new PdkCallError('ERR_EVENT_OVER', `${name} was called after its event was over`),
      );
    },
  });

  function succeed(): void {
    if (!open) return;
    outcome = 'returned';
    actions.done();
  }

  function fail(error: unknown, how: Outcome = 'failed'): void {
    if (!open) return;
    outcome = how;
    actions.failed(error);
  }

  return {
    run() {
      timer = setTimeout(() => {
        fail(new Error(`the ${phase} phase has not ended in ${actions.timeoutMs} ms`), 'timed_out');
      }, actions.timeoutMs);
      try {
        Promise.resolve(handler[phase]?.(kong)).then(succeed, (error) => fail(error));
      } catch (error) {
        fail(error);
      }
    },
    fail,
    close() {
      if (open) recordEvent(phase, outcome, startedAt);
      open = false;
      clearTimeout(timer);
    },
  };
}
