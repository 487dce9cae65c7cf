/** One connection from Kong. Each frame is either a call from Kong or the answer to one of our calls. */

import type net from 'node:net';
import type { Phase } from '../plugin';
import { type RpcCall, RpcCallCodec, RpcReturnCodec } from '../protocol/rpc';
import type { WorkBudget } from '../workBudget';
import { Conversation, type ConversationOptions } from './conversation';
import { createFrameSocket } from './frameSocket';
import { answerTo, type Hosted } from './rpcCalls';

export interface ConnectionOptions extends Hosted, ConversationOptions {
  budget: WorkBudget;
}

export interface Connection {
  /** Events that have not ended, or whose end has not been written. */
  readonly runningEvents: number;
  /** Closes the connection when its events are over, or at once if none is running. */
  drain(): void;
}

/** @param socket must stay half open when its peer ends it */
export function serveConnection(socket: net.Socket, options: ConnectionOptions): Connection {
  const { instances, maxFrameBytes, budget, log } = options;
  /** Bytes of frames, each from its first byte to the end of its event. */
  const held = budget.reserve();
  let heldByEvent = 0;
  let draining = false;

  const frames = createFrameSocket(
    socket,
    {
      hold(bytes) {
        if (conversation.isAbandoned) return false;
        if (conversation.isRunning) return held.grow(bytes);
        // One of Kong's own calls, such as starting an instance: if refused, Kong would repeat it endlessly.
        held.add(bytes);
        return true;
      },
      frame(bytes) {
        onFrame(bytes);
        if (conversation.isRunning) heldByEvent += bytes.length;
        else held.shrink(bytes.length);
      },
      oversizedFrame(bytes) {
        if (conversation.isAbandoned || socket.destroyed) return;
        if (bytes <= maxFrameBytes && conversation.overload()) return;
        const what = `a frame of ${bytes} bytes, the limit is ${maxFrameBytes}`;
        if (!conversation.onOversizedAnswer(what)) closeBecause(what);
      },
      flushing: () => conversation.onFlush(),
      closed() {
        conversation.onClose(conversation.isAbandoned || (draining && !conversation.isRunning));
        held.release();
      },
    },
    options,
  );
  const conversation = new Conversation(frames, options, () => {
    held.shrink(heldByEvent);
    heldByEvent = 0;
    if (draining) frames.end();
  });

  function onFrame(bytes: Buffer): void {
    if (conversation.onAnswer(bytes)) return;
    // Kong repeats a call that crosses our end of a drained connection, on the next server.
    if (conversation.isAbandoned || !frames.isOpen) return;
    if (conversation.isRunning) closeBecause('a frame that nothing had asked for');
    else onCall(bytes);
  }

  function closeBecause(reason: string): void {
    log.warn({ reason }, 'closing a connection that does not speak the protocol');
    frames.destroy();
  }

  function onCall(frame: Buffer): void {
    let call: RpcCall;
    try {
      call = RpcCallCodec.decode(frame);
    } catch (error) {
      closeBecause(error instanceof Error ? error.message : String(error));
      return;
    }
    if (call.command === 'handleEvent') onEvent(call.sequence, call.instanceId, call.eventName as Phase);
    else void onOther(call);
  }

  async function onOther(call: Exclude<RpcCall, { command: 'handleEvent' }>): Promise<void> {
    const answer = await answerTo(call, options);
    if (answer === undefined) frames.destroy();
    else frames.send(RpcReturnCodec, answer);
  }

  function onEvent(sequence: number, instanceId: number, phase: Phase): void {
    const instance = instances.get(instanceId);
    if (instance !== undefined) conversation.run(sequence, instance, phase);
    else void onEventOfOther(sequence, instanceId, phase);
  }

  /** Runs an event whose instance another process of this server may have started. */
  async function onEventOfOther(sequence: number, instanceId: number, phase: Phase): Promise<void> {
    try {
      const instance = await instances.find(instanceId);
      if (!frames.isOpen) return;
      if (instance !== undefined) {
        conversation.run(sequence, instance, phase);
        return;
      }
      // Kong takes the close for a server restart: it starts the instance again and repeats the event.
      log.debug({ instance: instanceId }, 'event for an unknown instance');
    } catch (error) {
      log.error({ instance: instanceId, err: error }, 'instance not started');
    }
    frames.destroy();
  }

  return {
    get runningEvents() {
      return conversation.isRunning || frames.hasUnwritten ? 1 : 0;
    },
    drain() {
      draining = true;
      if (!conversation.isRunning) frames.end();
    },
  };
}
