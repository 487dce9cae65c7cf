/** One connection from Kong: reads calls and answers, runs one event at a time, writes once per turn. */

import type { Logger } from 'pino';
import type { Instance, InstanceRegistry } from '../instances';
import { recordRoundTrip } from '../observe/metrics';
import { answerOf, type PdkMethod, pdkMethod } from '../pdk/createPdk';
import { PdkCallError } from '../pdk/errors';
import { type EventHost, PluginEvent } from '../pdk/event';
import { kongSchema, type LoadedPlugin, type Phase, pluginNamed } from '../plugin';
import { createFrameBatch, createFrameDecoder, EMPTY_FRAME } from '../protocol/frames';
import { type RpcCall, RpcCallCodec, type RpcReturn, RpcReturnCodec } from '../protocol/rpc';
import type { Accepted } from '../reads';

export interface ConnectionOptions {
  plugins: readonly LoadedPlugin[];
  instances: InstanceRegistry;
  /** How long a phase may take before the event is answered with an error, in milliseconds. */
  phaseTimeoutMs: number;
  maxFrameBytes: number;
  log: Logger;
}

export interface Connection {
  isBusy(): boolean;
  /** Closes the connection now if it is idle, else when its event is over. */
  drain(): void;
}

/** A PDK call that Kong has not answered yet. */
interface PendingCall {
  method: PdkMethod;
  settle?: { resolve(value: unknown): void; reject(error: Error): void };
}

/** What a call is answered with that Kong doesn't answer, or with nothing. */
const DONE = Promise.resolve();
const EXIT = pdkMethod('kong.response.exit');
const INTERNAL_ERROR_BODY = JSON.stringify({
  error: { code: 'internal_error', message: 'the plugin failed; its log has the cause' },
});
const INTERNAL_ERROR: [number, string, Record<string, string>] = [
  500,
  INTERNAL_ERROR_BODY,
  { 'content-type': 'application/json; charset=utf-8' },
];

export function serveConnection({ socket, decodeTo }: Accepted, options: ConnectionOptions): Connection {
  const { plugins, instances, phaseTimeoutMs, maxFrameBytes, log } = options;
  const batch = createFrameBatch();
  const pending: PendingCall[] = [];
  const host: EventHost = { call, done, failed };
  let event: PluginEvent | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** Kong has left the conversation after `kong.response.exit`; it closes the connection with the request. */
  let abandoned = false;
  let draining = false;
  let flushScheduled = false;

  const decoder = createFrameDecoder({ frame: onFrame, oversizedFrame: onOversizedFrame }, maxFrameBytes);
  decodeTo(decoder);
  socket.on('error', (error) => log.debug({ err: error }, 'connection failed'));
  // Kong reads no more once it closes: half a connection would only be another round through Node's streams.
  socket.on('end', () => socket.destroy());
  socket.on('close', onClose);

  function onFrame(frame: Buffer): void {
    const call = pending.shift();
    if (call !== undefined) settle(call, frame);
    // A call that crosses our end of a drained connection is left alone: Kong repeats it on the next server.
    else if (abandoned || socket.destroyed || socket.writableEnded) return;
    else if (event !== undefined) closeOnBadFrame('a frame that nothing had asked for');
    else onCall(frame);
  }

  function onOversizedFrame(bytes: number): void {
    if (abandoned || socket.destroyed) return;
    const message = `a frame of ${bytes} bytes, the limit is ${maxFrameBytes}`;
    const call = pending.shift();
    if (call === undefined) closeOnBadFrame(message);
    else
      call.settle?.reject(
        new PdkCallError('ERR_ANSWER_TOO_LARGE', `${call.method.name} was answered with ${message}`),
      );
  }

  function settle({ method, settle }: PendingCall, frame: Buffer): void {
    if (settle === undefined) return;
    try {
      settle.resolve(answerOf(method, frame));
    } catch (error) {
      settle.reject(error as Error);
    }
  }

  function closeOnBadFrame(reason: string): void {
    log.warn({ reason }, 'closing a connection that does not speak the protocol');
    socket.destroy();
  }

  function onCall(frame: Buffer): void {
    let call: RpcCall;
    try {
      call = RpcCallCodec.decode(frame);
    } catch (error) {
      closeOnBadFrame(error instanceof Error ? error.message : String(error));
      return;
    }
    switch (call.command) {
      case 'handleEvent':
        onHandleEvent(call.sequence, call.instanceId, call.eventName as Phase);
        break;
      case 'startInstance':
        onStartInstance(call.sequence, call.name, call.config);
        break;
      case 'closeInstance':
        onInstanceCall(call.sequence, instances.close(call.instanceId), 'instance closed');
        break;
      case 'getInstanceStatus':
        onInstanceCall(call.sequence, instances.get(call.instanceId), 'instance asked for');
        break;
      case 'getPluginNames':
        answer({ sequence: call.sequence, pluginNames: plugins.map(({ name }) => name) });
        break;
      case 'getPluginInfo':
        onPluginInfo(call.sequence, pluginNamed(plugins, call.name));
        break;
    }
  }

  function onPluginInfo(sequence: number, plugin: LoadedPlugin | undefined): void {
    if (plugin === undefined) answer({ sequence });
    else answer({ sequence, pluginInfo: { ...plugin, schema: JSON.stringify(kongSchema(plugin)) } });
  }

  function onStartInstance(sequence: number, name: string, config: Uint8Array): void {
    // A copy: others are read to the same place before a start that has to ask the primary process has ended.
    instances.start(name, Buffer.from(config)).then(
      (instance) => {
        log.info({ plugin: name, instance: instance.id }, 'instance started');
        answer({ sequence, instanceStatus: statusOf(instance) });
      },
      (error) => {
        // Kong answers this request with a 500 and asks again with the next one.
        log.error({ plugin: name, err: error }, 'instance not started');
        socket.destroy();
      },
    );
  }

  function onInstanceCall(sequence: number, instance: Instance | undefined, what: string): void {
    log.debug({ instance: instance?.id }, what);
    answer(instance === undefined ? { sequence } : { sequence, instanceStatus: statusOf(instance) });
  }

  function onHandleEvent(sequence: number, instanceId: number, phase: Phase): void {
    const instance = instances.get(instanceId);
    if (instance !== undefined) runEvent(sequence, instance, phase);
    else findInstance(sequence, instanceId, phase);
  }

  function findInstance(sequence: number, instanceId: number, phase: Phase): void {
    instances.find(instanceId).then(
      (instance) => {
        if (socket.destroyed || socket.writableEnded) return;
        if (instance !== undefined) runEvent(sequence, instance, phase);
        else {
          // Closing makes Kong start the instance again and repeat the event: the way back from a restarted server.
          log.debug({ instance: instanceId }, 'event for an unknown instance');
          socket.destroy();
        }
      },
      (error) => {
        log.error({ instance: instanceId, err: error }, 'instance not started');
        socket.destroy();
      },
    );
  }

  function runEvent(sequence: number, instance: Instance, phase: Phase): void {
    // A name from outside must not reach anything else of the object. Closing would make Kong repeat it for ever.
    if (!instance.plugin.phases.includes(phase)) {
      batch.raw(EMPTY_FRAME);
      answer({ sequence });
      return;
    }
    event = new PluginEvent(sequence, instance, phase, host);
    if (timer === undefined) timer = setTimeout(onTimeout, phaseTimeoutMs).unref();
    else timer.refresh();
    event.run();
  }

  function done({ sequence }: PluginEvent): void {
    endEvent();
    batch.raw(EMPTY_FRAME);
    answer({ sequence });
  }

  function failed({ instance, phase }: PluginEvent, error: unknown): void {
    log.error({ plugin: instance.plugin.name, phase, err: error }, 'the plugin failed');
    call(EXIT, INTERNAL_ERROR).catch(() => undefined);
  }

  /** One timer does for all events: it runs out where none has begun for so long, whether one is running or not. */
  function onTimeout(): void {
    const late = new Error(`the ${event?.phase} phase has not ended in ${phaseTimeoutMs} ms`);
    event?.fail(late, 'timed_out');
  }

  /** Sends one PDK call of the running event. */
  function call(method: PdkMethod, args: unknown[]): Promise<unknown> {
    try {
      batch.frame(method.args, args, method.nameFrame);
    } catch (cause) {
      const error = new TypeError(`${method.name} does not take these arguments`, { cause });
      // Nobody may be waiting for a setter: without it the request must not go on.
      if (method.answers !== 'value') event?.fail(error);
      return Promise.reject(error);
    }
    scheduleFlush();
    if (method.answers === 'value') {
      return new Promise((resolve, reject) => pending.push({ method, settle: { resolve, reject } }));
    }
    if (method.answers === 'nothing') pending.push({ method });
    else {
      abandoned = true;
      endEvent();
    }
    return DONE;
  }

  function endEvent(): void {
    event?.close();
    event = undefined;
    if (abandoned) for (const { method, settle } of pending.splice(0)) settle?.reject(eventOver(method.name));
  }

  function answer(message: RpcReturn): void {
    batch.frame(RpcReturnCodec, message);
    scheduleFlush();
  }

  function scheduleFlush(): void {
    if (flushScheduled) return;
    flushScheduled = true;
    process.nextTick(flush);
  }

  function flush(): void {
    flushScheduled = false;
    if (pending.length > 0) recordRoundTrip();
    const pieces = batch.take();
    if (socket.destroyed || socket.writableEnded) return;
    if (pieces.length > 1) socket.cork();
    for (const piece of pieces) socket.write(piece);
    if (pieces.length > 1) socket.uncork();
    if (draining && event === undefined) socket.end();
  }

  function onClose(): void {
    clearTimeout(timer);
    const unanswered = pending.splice(0);
    // Of an event that is over on a drained connection, it was this end that closed.
    const closedHere = draining && event === undefined;
    if (unanswered.length > 0 && !abandoned && !closedHere) {
      const calls = unanswered.map(({ method }) => method.name);
      log.warn({ calls }, 'Kong closed the connection without answering; its error log has the reason');
      for (const { method, settle } of unanswered) {
        settle?.reject(
          new PdkCallError(
            'ERR_CONNECTION_CLOSED',
            `Kong closed the connection before it answered ${method.name}`,
          ),
        );
      }
    }
    event?.close();
    event = undefined;
  }

  return {
    isBusy() {
      return event !== undefined || !batch.isEmpty();
    },
    drain() {
      draining = true;
      if (event === undefined) scheduleFlush();
    },
  };
}

function statusOf({ id, plugin, startedAt }: Instance): RpcReturn['instanceStatus'] & object {
  return { name: plugin.name, instanceId: id, startedAt };
}

function eventOver(name: string): PdkCallError {
  return new PdkCallError('ERR_EVENT_OVER', `${name} was called after its event was over`);
}
