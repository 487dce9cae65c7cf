/**
 * An event's conversation over ProtoBuf:1. The plugin's calls go out and Kong's answers come in. It ends with an empty frame
 * and an RpcReturn, or with `kong.response.exit`.
 */

import type { Logger } from 'pino';
import type { Instance } from '../instances';
import { recordRoundTrip } from '../observe/metrics';
import { PdkCallError } from '../pdk/errors';
import { type EventHost, PluginEvent } from '../pdk/event';
import { PhaseTimer } from '../pdk/phaseTimer';
import type { Phase } from '../plugin';
import { EMPTY_FRAME, frameOf } from '../protocol/frames';
import { METHODS, type Method, type MethodName } from '../protocol/methods';
import { RpcReturnCodec } from '../protocol/rpc';
import type { FrameSocket } from './frameSocket';
import { PendingCalls } from './pendingCalls';

/** The frames that name the methods to Kong. */
const NAME_FRAMES = Object.fromEntries(
  Object.keys(METHODS).map((name) => [name, frameOf(Buffer.from(name))]),
) as Record<MethodName, Buffer>;

/** What setters and `kong.response.exit` return: there is nothing to wait for. */
const DONE = Promise.resolve();

export interface ConversationOptions {
  /** How long a phase may take before the event is answered with an error, in milliseconds. */
  phaseTimeoutMs: number;
  maxFrameBytes: number;
  log: Logger;
}

/** The events of a connection, one at a time. */
export class Conversation implements EventHost {
  private readonly pending = new PendingCalls();
  private event: PluginEvent | undefined;
  private sequence = 0;
  private readonly timer: PhaseTimer;
  private abandoned = false;

  /** @param ended is called after each event's end */
  constructor(
    private readonly frames: FrameSocket,
    private readonly options: ConversationOptions,
    private readonly ended: () => void,
  ) {
    this.timer = new PhaseTimer(options.phaseTimeoutMs, () => this.event);
  }

  get isRunning(): boolean {
    return this.event !== undefined;
  }

  /** Whether `kong.response.exit` was called. Kong then reads no more, and closes the connection with the client's request. */
  get isAbandoned(): boolean {
    return this.abandoned;
  }

  /** @param sequence number of the call that the event's end answers */
  run(sequence: number, instance: Instance, phase: Phase): void {
    // A name from outside must not reach anything else on the object. If we closed, Kong would repeat the event forever.
    if (!instance.plugin.phases.includes(phase)) {
      this.answer(sequence);
      return;
    }
    this.sequence = sequence;
    this.event = new PluginEvent(instance, phase, this, this.options.log);
    this.timer.start();
    this.event.run();
  }

  call(name: MethodName, args: unknown[]): Promise<unknown> {
    const method = METHODS[name] as unknown as Method;
    this.frames.send(method.args, args, NAME_FRAMES[name]);
    if (method.answers === 'value') return this.pending.addGetter(name, method.result);
    if (method.answers === 'nothing') this.pending.addSetter(name);
    else {
      this.abandoned = true;
      this.pending.rejectAll(
        (open) => new PdkCallError('ERR_EVENT_OVER', `the event was over before ${open} was answered`),
      );
      this.end();
    }
    return DONE;
  }

  done(): void {
    this.answer(this.sequence);
    this.end();
  }

  /** Takes a frame as the answer to the oldest pending call. @returns false if Kong owes no answer */
  onAnswer(frame: Buffer): boolean {
    return this.pending.answer(frame);
  }

  /** @param what describes the frame. @returns false if Kong owes no answer */
  onOversizedAnswer(what: string): boolean {
    return this.pending.rejectFirst(
      (name) => new PdkCallError('ERR_ANSWER_TOO_LARGE', `${name} was answered with ${what}`),
    );
  }

  /** There is no memory for the incoming answer. @returns false if Kong owes none */
  overload(): boolean {
    if (this.pending.isEmpty) return false;
    this.event?.overload();
    return true;
  }

  onFlush(): void {
    if (!this.pending.isEmpty) recordRoundTrip();
  }

  /** @param expected whether this end closed the connection, or Kong had good reason to */
  onClose(expected: boolean): void {
    this.timer.stop();
    if (!expected && !this.pending.isEmpty)
      this.options.log.warn(
        { calls: this.pending.names },
        'Kong closed the connection without answering; its error log has the reason',
      );
    this.pending.rejectAll(
      (name) =>
        new PdkCallError('ERR_CONNECTION_CLOSED', `Kong closed the connection before it answered ${name}`),
    );
    this.end();
  }

  private answer(sequence: number): void {
    this.frames.raw(EMPTY_FRAME);
    this.frames.send(RpcReturnCodec, { sequence });
  }

  private end(): void {
    this.event?.close();
    this.event = undefined;
    this.ended();
  }
}
