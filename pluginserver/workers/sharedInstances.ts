/**
 * Instances that several worker processes share.
 *
 * Kong starts an instance on one connection and uses it on others, which may lead to other workers. The primary process
 * stores every instance's configuration under its id. A worker that doesn't know an id asks the primary and starts the
 * instance from the stored configuration.
 */

import type { Logger } from 'pino';
import { firstInstanceId, type InstanceRegistry, type LocalInstances, MAX_INSTANCES } from '../instances';

interface StoredInstance {
  name: string;
  /** JSON text. */
  config: string;
}

/** From a worker to the primary. The answer carries the same `ask` number. */
export type WorkerMessage =
  | ({ type: 'add'; ask: number } & StoredInstance)
  | { type: 'find'; ask: number; id: number }
  | { type: 'remove'; id: number };

/** From the primary to a worker. */
export type PrimaryMessage =
  | { type: 'added'; ask: number; id: number }
  | { type: 'found'; ask: number; instance: StoredInstance | null }
  | { type: 'remove'; id: number };

/** A worker's end of the channel between it and the primary. */
export interface WorkerChannel {
  send(message: WorkerMessage): void;
  onMessage(listener: (message: PrimaryMessage) => void): void;
}

/** The primary only looks into a map: after this long it must be stopped or gone. */
const ANSWER_TIMEOUT_MS = 5_000;

/** The worker's side: its own instances, and other workers' as needed. */
export function shareInstances(local: LocalInstances, channel: WorkerChannel, log: Logger): InstanceRegistry {
  const asked = new Map<number, (answer: never) => void>();
  let lastAsk = 0;

  channel.onMessage((message) => {
    if (message.type === 'remove') {
      local.close(message.id);
      return;
    }
    const settle = asked.get(message.ask);
    asked.delete(message.ask);
    settle?.((message.type === 'added' ? message.id : message.instance) as never);
  });

  /** @throws Error if the primary does not answer in time, so that no request waits forever */
  function ask<Answer>(question: (ask: number) => WorkerMessage): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const number = ++lastAsk;
      const timer = setTimeout(() => {
        asked.delete(number);
        reject(new Error(`the primary process has not answered in ${ANSWER_TIMEOUT_MS} ms`));
      }, ANSWER_TIMEOUT_MS);
      asked.set(number, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      channel.send(question(number));
    });
  }

  return {
    get size() {
      return local.size;
    },
    async start(name, config) {
      const text = Buffer.from(config).toString();
      const id = await ask<number>((ask) => ({ type: 'add', ask, name, config: text }));
      try {
        return local.add(id, name, config);
      } catch (error) {
        channel.send({ type: 'remove', id });
        throw error;
      }
    },
    get: (id) => local.get(id),
    ofConfig: (hash) => local.ofConfig(hash),
    startFor: (hash, name, text) => local.startFor(hash, name, text),
    usedSince: (time) => local.usedSince(time),
    async find(id) {
      const stored = await ask<StoredInstance | null>((ask) => ({ type: 'find', ask, id }));
      if (stored === null) return undefined;
      log.debug({ instance: id }, 'instance taken over from another worker');
      return local.get(id) ?? local.add(id, stored.name, Buffer.from(stored.config));
    },
    close(id) {
      channel.send({ type: 'remove', id });
      return local.close(id);
    },
  };
}

/** The primary's side: answers each worker, and tells them all what was removed. */
export function createInstanceStore(toAllWorkers: (message: PrimaryMessage) => void) {
  const stored = new Map<number, StoredInstance>();
  let nextId = firstInstanceId();

  function remove(id: number): void {
    if (stored.delete(id)) toAllWorkers({ type: 'remove', id });
  }

  return {
    onMessage(message: WorkerMessage, reply: (answer: PrimaryMessage) => void): void {
      if (message.type === 'remove') remove(message.id);
      else if (message.type === 'find') {
        reply({ type: 'found', ask: message.ask, instance: stored.get(message.id) ?? null });
      } else {
        if (stored.size >= MAX_INSTANCES) remove(stored.keys().next().value!);
        const id = nextId++;
        stored.set(id, { name: message.name, config: message.config });
        reply({ type: 'added', ask: message.ask, id });
      }
    },
  };
}
