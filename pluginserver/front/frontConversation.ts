/** An event over the front. Its frame answers the getters; all other calls go back in one reply. */

import type { Logger } from 'pino';
import type { Instance } from '../instances';
import { recordFrontEvent, recordOverload } from '../observe/metrics';
import { PdkCallError, rejected } from '../pdk/errors';
import { type EventHost, INTERNAL_ERROR, OVERLOADED, PluginEvent } from '../pdk/event';
import { PhaseTimer } from '../pdk/phaseTimer';
import type { Phase } from '../plugin';
import { METHODS, type MethodName } from '../protocol/methods';
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

/** The events of a connection, one at a time. */
export class FrontConversation implements EventHost {
  private readonly writer = new ReplyWriter();
  private event: PluginEvent | undefined;
  private reads: readonly string[] = [];
  private values: readonly Field[] = [];
  private readonly timer: PhaseTimer;

  /** @param reply receives an event's one reply, in pieces */
  constructor(
    private readonly options: FrontConversationOptions,
    private readonly reply: (pieces: readonly Uint8Array[]) => void,
  ) {
    this.timer = new PhaseTimer(options.phaseTimeoutMs, () => this.event);
  }

  get isRunning(): boolean {
    return this.event !== undefined;
  }

  /** @param values of the getters in the instance's `reads` for this phase, in their order */
  run(instance: Instance, phase: Phase, values: readonly Field[]): void {
    this.reads = instance.reads?.[phase] ?? [];
    this.values = values;
    recordFrontEvent();
    this.event = new PluginEvent(instance, phase, this, this.options.log);
    this.timer.start();
    this.event.run();
  }

  /** Answers an event that no instance can take. */
  refuse(): void {
    this.writer.call('kong.response.exit', INTERNAL_ERROR);
    this.reply(this.writer.take());
  }

  /** Answers an event whose frame had to be dropped, so nothing is known about it. */
  overload(): void {
    recordOverload();
    this.writer.call('kong.response.exit', OVERLOADED);
    this.reply(this.writer.take());
  }

  call(name: MethodName, args: unknown[]): Promise<unknown> {
    const { answers } = METHODS[name];
    if (answers === 'value') return this.get(name, args);
    this.writer.call(name, args);
    if (answers === 'never') this.done();
    return DONE;
  }

  done(): void {
    const pieces = this.writer.take();
    this.end();
    this.reply(pieces);
  }

  /** The connection is closed, so there is nobody to answer. */
  onClose(): void {
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

  private end(): void {
    this.event?.close();
    this.event = undefined;
    this.values = [];
  }
}
