/** Whether the instances in use can do their work. */

import type { Logger } from 'pino';
import type { InstanceRegistry } from '../instances';

/** Why events can't be handled as they should. */
export interface Problem {
  /** One line, without secrets. */
  reason: string;
  plugin?: string;
  /** How many instances say so. */
  instances?: number;
  /** Set where events are handled all the same. */
  isWarning?: true;
}

/** An instance that hasn't been used for this long doesn't count: Kong doesn't always close those that it no longer needs. */
const IN_USE_MS = 5 * 60_000;

/** What the instances of this process report; each reason once. */
export function instanceProblems(instances: InstanceRegistry, log: Logger): Problem[] {
  const problems: Problem[] = [];
  for (const { id, plugin, handler } of instances.usedSince(performance.now() - IN_USE_MS)) {
    let reason: string | undefined;
    let warning: string | undefined;
    try {
      reason = handler.health?.();
      warning = handler.warning?.();
    } catch (error) {
      log.error(
        { plugin: plugin.name, instance: id, err: error },
        'the check of an instance’s health failed',
      );
      reason = 'the check of its health failed; the log has the cause';
    }
    const { name } = plugin;
    if (reason !== undefined) problems.push({ plugin: name, reason, instances: 1 });
    if (warning !== undefined)
      problems.push({ plugin: name, reason: warning, instances: 1, isWarning: true });
  }
  return mergeProblems(problems);
}

/** Adds up the instances that have the same problem. */
export function mergeProblems(problems: readonly Problem[]): Problem[] {
  const merged = new Map<string, Problem>();
  for (const problem of problems) {
    const key = `${problem.plugin} ${problem.reason}`;
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { ...problem });
    else if (problem.instances !== undefined) known.instances = (known.instances ?? 0) + problem.instances;
  }
  return [...merged.values()];
}
