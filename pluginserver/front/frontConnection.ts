/** One connection from a front in Kong. Each frame is an event and gets one reply (front/README.md). */

import type net from 'node:net';
import type { Instance, InstanceRegistry } from '../instances';
import type { Phase } from '../plugin';
import { countUnwritten, type WorkBudget } from '../workBudget';
import { createEventFrameDecoder, decodeEvent, type EventFrame } from './eventFrame';
import { FrontConversation, type FrontConversationOptions } from './frontConversation';
import { BYE, UNKNOWN_CONFIG } from './kinds';
import { shortReply } from './replyWriter';

/** What a frame holds besides a body of the largest size: headers and configuration. */
const BESIDE_BODY_BYTES = 1024 * 1024;
/** What an event takes besides its frame, until its reply: 2 to 4 KB were measured. */
const EVENT_BYTES = 4 * 1024;
/**
 * Events of a connection that may run, and bytes of replies that Kong may not have read. From there on no more events are
 * read, so Kong keeps them.
 */
const MAX_RUNNING = 64;
const MAX_UNWRITTEN_BYTES = 1024 * 1024;
/** Conversations kept for the next events. */
const MAX_SPARE = 32;
/**
 * Kong takes another connection after this many events, as with nginx's `keepalive_requests`. An idle worker accepts before a
 * busy one, so connections move to workers with time to spare.
 */
const MAX_EVENTS = 10_000;

export interface FrontConnectionOptions extends FrontConversationOptions {
  instances: InstanceRegistry;
  budget: WorkBudget;
}

/** @param socket must stay half open when its peer ends it */
export function serveFront(socket: net.Socket, options: FrontConnectionOptions) {
  const { instances, maxFrameBytes, budget, log } = options;
  const running = new Set<FrontConversation>();
  const spare: FrontConversation[] = [];
  /** Of the frame that arrives. */
  let next = spareConversation();
  let events = 0;
  let hasSaidBye = false;

  const written = countUnwritten(socket, budget);
  const isOpen = () => !(socket.destroyed || socket.writableEnded);

  const push = createEventFrameDecoder({
    hold(bytes) {
      next = spareConversation();
      if (bytes > maxFrameBytes + BESIDE_BODY_BYTES)
        log.warn({ bytes, maxFrameBytes }, 'a frame is too large');
      else if (next.held.grow(bytes)) {
        next.held.add(EVENT_BYTES);
        return true;
      }
      return false;
    },
    frame: onFrame,
    dropped: (id) => next.overload(id),
    malformed: closeBecause,
  });

  function spareConversation(): FrontConversation {
    return spare.pop() ?? new FrontConversation(options, budget.reserve(), onReply);
  }

  function onReply(pieces: readonly Uint8Array[], conversation: FrontConversation): void {
    running.delete(conversation);
    write(pieces);
    free(conversation);
    if (++events === MAX_EVENTS) sayBye();
  }

  function free(conversation: FrontConversation): void {
    if (spare.length < MAX_SPARE) spare.push(conversation);
    else conversation.close();
    readOrPause();
  }

  function readOrPause(): void {
    const isFull = running.size >= MAX_RUNNING || socket.writableLength >= MAX_UNWRITTEN_BYTES;
    if (isFull !== socket.isPaused()) isFull ? socket.pause() : socket.resume();
  }

  function write(pieces: readonly Uint8Array[]): void {
    if (!isOpen()) return;
    if (pieces.length > 1) socket.cork();
    for (const piece of pieces) socket.write(piece);
    if (pieces.length > 1) socket.uncork();
    written();
  }

  /** Kong sends nothing more on this connection, and closes it when all of its events are answered. */
  function sayBye(): void {
    if (!hasSaidBye && isOpen()) write([shortReply(BYE, 0)]);
    hasSaidBye = true;
  }

  function closeBecause(reason: string): void {
    log.warn({ reason }, 'closing a connection that does not speak the protocol');
    socket.destroy();
  }

  function onFrame(id: number, fields: Buffer): void {
    try {
      if (isOpen()) onEvent(id, decodeEvent(fields), next);
    } catch (error) {
      closeBecause((error as Error).message);
    }
    if (!isOpen()) next.close();
  }

  function onEvent(id: number, event: EventFrame, conversation: FrontConversation): void {
    const known = instances.ofConfig(event.hash);
    if (known === undefined && event.config.length === 0) {
      write([shortReply(UNKNOWN_CONFIG, id)]);
      conversation.held.release();
      free(conversation);
      return;
    }
    const instance = known ?? start(event);
    if (instance === undefined) {
      conversation.refuse(id);
      return;
    }
    const phase = event.phase as Phase;
    // A name from outside must not reach anything else on the object.
    const carried = instance.plugin.phases.includes(phase) ? instance.reads?.[phase]?.length : undefined;
    if (instance.plugin.name !== event.name || carried !== event.values.length) {
      log.error({ plugin: event.name, phase }, 'a frame that is not what its front has said');
      conversation.refuse(id);
      return;
    }
    running.add(conversation);
    readOrPause();
    conversation.run(id, instance, phase, event.values);
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
  socket.on('drain', readOrPause);
  socket.on('error', (error) => log.debug({ err: error }, 'connection failed'));
  socket.on('end', () => socket.destroy());
  socket.on('close', () => {
    for (const conversation of [next, ...running, ...spare]) conversation.close();
    running.clear();
  });

  return {
    get runningEvents() {
      return running.size;
    },
    drain: sayBye,
  };
}

function notCarried({ plugin, reads = {} }: Instance): string[] {
  const phases = Object.keys(plugin.reads) as Phase[];
  return phases.flatMap((phase) => plugin.reads[phase]!.filter((read) => !reads[phase]?.includes(read)));
}
