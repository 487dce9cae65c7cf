/** An event over the front. Its frame answers the getters; all other calls go back in one reply. */

import type { Logger } from 'pino';
import type { Instance } from '../instances';
import { recordFrontEvent, recordOverload } from '../observe/metrics';
import { PdkCallError, rejected } from '../pdk/errors';
import { type EventHost, INTERNAL_ERROR, OVERLOADED, PluginEvent } from '../pdk/event';
import { PhaseTimer } from '../pdk/phaseTimer';
import type { Phase } from '../plugin';
import { METHODS, type MethodName } from '../protocol/methods';
import type { CountedReservation } from '../workBudget';
import type { Field } from './eventFrame';
import { getterValue } from './getterValue';
import { ReplyWriter } from './replyWriter';

/** What setters and `kong.response.exit` return: there is nothing to wait for. */
const DONE = Promise.resolve();

export interface FrontConversationOptions {
  /** How long a phase may take before the event is answered with an error, in milliseconds. */
  phaseTimeoutMs: number;
  maxFrameBytes: number;
  log: Logger;
}

/** One event at a time of a connection that carries many. */
export class FrontConversation implements EventHost {
  private readonly writer = new ReplyWriter();
  private id = 0;
  private event: PluginEvent | undefined;
  private reads: readonly string[] = [];
  private values: readonly Field[] = [];
  private readonly timer: PhaseTimer;

  /**
   * @param held bytes of the event, until its reply
   * @param reply receives an event's one reply, in pieces; the conversation is then free for another event
   */
  constructor(
    private readonly options: FrontConversationOptions,
    readonly held: CountedReservation,
    private readonly reply: (pieces: readonly Uint8Array[], conversation: FrontConversation) => void,
  ) {
    this.timer = new PhaseTimer(options.phaseTimeoutMs, () => this.event);
  }

  /** @param values of the getters in the instance's `reads` for this phase, in their order */
  run(id: number, instance: Instance, phase: Phase, values: readonly Field[]): void {
    this.id = id;
    this.reads = instance.reads?.[phase] ?? [];
    this.values = values;
    recordFrontEvent();
    this.event = new PluginEvent(instance, phase, this, this.options.log);
    this.timer.start();
    this.event.run();
  }

  /** Answers an event that no instance can take. */
  refuse(id: number): void {
    this.exit(id, INTERNAL_ERROR);
  }

  /** Answers an event whose frame had to be dropped, so nothing is known about it. */
  overload(id: number): void {
    recordOverload();
    this.exit(id, OVERLOADED);
  }

  call(name: MethodName, args: unknown[]): Promise<unknown> {
    const { answers } = METHODS[name];
    if (answers === 'value') return this.get(name, args);
    this.writer.call(name, args);
    if (answers === 'never') this.done();
    return DONE;
  }

  done(): void {
    let pieces = this.writer.take(this.id);
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    if (bytes > this.options.maxFrameBytes) {
      // Kong would close the connection, with all other events on it.
      this.options.log.error({ bytes, maxFrameBytes: this.options.maxFrameBytes }, 'an answer is too large');
      this.writer.call('kong.response.exit', INTERNAL_ERROR);
      pieces = this.writer.take(this.id);
    }
    this.end();
    this.reply(pieces, this);
  }

  /** Ends the event without an answer, if one is running, and what would have watched over the next one. */
  close(): void {
    this.timer.stop();
    this.end();
  }

  private get(name: MethodName, args: unknown[]): Promise<unknown> {
    const read = args.length === 0 || args[0] === undefined ? name : `${name} ${String(args[0])}`;
    const value = this.values[this.reads.indexOf(read)];
    if (value === undefined) {
      const message = `no frame carries ${read}: the export Reads of the plugin whose front Kong has does not declare it for this phase`;
      return rejected(new PdkCallError('ERR_NOT_CARRIED', message));
    }
    try {
      return Promise.resolve(getterValue(name, value, this.options.maxFrameBytes));
    } catch (error) {
      return rejected(error as Error);
    }
  }

  private exit(id: number, answer: unknown[]): void {
    this.id = id;
    this.writer.call('kong.response.exit', answer);
    this.done();
  }

  private end(): void {
    this.event?.close();
    this.event = undefined;
    this.values = [];
    this.held.release();
  }
}
