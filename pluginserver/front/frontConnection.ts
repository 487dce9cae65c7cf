/** One connection from a front in Kong. Each frame is an event and gets one reply (front/README.md). */

import type net from 'node:net';
import type { Instance, InstanceRegistry } from '../instances';
import type { Phase } from '../plugin';
import { countUnwritten, type WorkBudget } from '../workBudget';
import { createEventFrameDecoder, decodeEvent, type EventFrame } from './eventFrame';
import { FrontConversation, type FrontConversationOptions } from './frontConversation';
import { BYE, UNKNOWN_CONFIG } from './kinds';
import { shortReply } from './replyWriter';

const UNKNOWN_CONFIG_REPLY = shortReply(UNKNOWN_CONFIG);
const BYE_REPLY = shortReply(BYE);

/**
 * A connection ends after this many events, as with nginx's `keepalive_requests`. An idle worker accepts before a busy one,
 * so connections move to workers with time to spare.
 */
const MAX_EVENTS = 1000;

export interface FrontConnectionOptions extends FrontConversationOptions {
  instances: InstanceRegistry;
  budget: WorkBudget;
}

/** @param socket must stay half open when its peer ends it */
export function serveFront(socket: net.Socket, options: FrontConnectionOptions) {
  const { instances, maxFrameBytes, budget, log } = options;
  /** Bytes of the event's frame, from its first byte to the reply. */
  const held = budget.reserve();
  let draining = false;
  let events = 0;

  const isOpen = () => !(socket.destroyed || socket.writableEnded);

  const conversation = new FrontConversation(options, (pieces) => {
    held.release();
    if (!isOpen()) return;
    if (pieces.length > 1) socket.cork();
    for (const piece of pieces) socket.write(piece);
    if (pieces.length > 1) socket.uncork();
    countUnwritten(socket, budget);
    if (draining || ++events === MAX_EVENTS) socket.end(BYE_REPLY);
  });
  const push = createEventFrameDecoder(
    {
      frame: onFrame,
      hold: (bytes) => held.grow(bytes),
      dropped: () => conversation.overload(),
      malformed: closeBecause,
    },
    maxFrameBytes,
  );

  function closeBecause(reason: string): void {
    log.warn({ reason }, 'closing a connection that does not speak the protocol');
    socket.destroy();
  }

  function onFrame(fields: Buffer): void {
    // A frame that crosses our end of a drained connection: Kong reads the BYE and sends it on another one.
    if (!isOpen()) return;
    if (conversation.isRunning) {
      closeBecause('a frame before the last one was answered');
      return;
    }
    try {
      onEvent(decodeEvent(fields));
    } catch (error) {
      closeBecause((error as Error).message);
    }
  }

  /** @throws Error for a frame that this plugin's front would not send */
  function onEvent(event: EventFrame): void {
    const known = instances.ofConfig(event.hash);
    if (known === undefined && event.config.length === 0) {
      held.release();
      socket.write(UNKNOWN_CONFIG_REPLY);
      return;
    }
    const instance = known ?? start(event);
    if (instance === undefined) {
      conversation.refuse();
      return;
    }
    const phase = event.phase as Phase;
    // A name from outside must not reach anything else on the object.
    const carried = instance.plugin.phases.includes(phase) ? instance.reads?.[phase]?.length : undefined;
    if (instance.plugin.name !== event.name || carried !== event.values.length)
      throw new Error('a frame that is not what its front has said');
    conversation.run(instance, phase, event.values);
  }

  /** @returns undefined if the configuration is invalid, which is then logged */
  function start({ name, hash, config }: EventFrame): Instance | undefined {
    try {
      const instance = instances.startFor(hash, name, config);
      log.info({ plugin: name, instance: instance.id }, 'instance started');
      const missing = notCarried(instance);
      if (missing.length > 0)
        log.warn(
          { plugin: name, missing },
          'the front in Kong is of an older version of the plugin and does not carry all that this one reads: give Kong the new front and reload it',
        );
      return instance;
    } catch (error) {
      log.error({ plugin: name, err: error }, 'instance not started');
      return undefined;
    }
  }

  socket.on('data', (chunk: Buffer) => {
    if (!socket.destroyed) push(chunk);
  });
  socket.on('error', (error) => log.debug({ err: error }, 'connection failed'));
  socket.on('end', () => socket.destroy());
  socket.on('close', () => {
    conversation.onClose();
    held.release();
  });

  return {
    get isBusy() {
      return conversation.isRunning || socket.writableLength > 0;
    },
    drain() {
      draining = true;
      if (!conversation.isRunning && isOpen()) socket.end(BYE_REPLY);
    },
  };
}

function notCarried({ plugin, reads = {} }: Instance): string[] {
  const phases = Object.keys(plugin.reads) as Phase[];
  return phases.flatMap((phase) => plugin.reads[phase]!.filter((read) => !reads[phase]?.includes(read)));
}
