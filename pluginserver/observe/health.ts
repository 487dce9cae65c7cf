/** Whether the instances in use can do their work. */

import type { Logger } from 'pino';
import type { InstanceRegistry } from '../instances';

/** Why events can't be handled properly. */
export interface Problem {
  /** One line, without secrets. */
  reason: string;
  plugin?: string;
  /** How many instances report it. */
  instances?: number;
  /** Set if events are handled all the same. */
  isWarning?: true;
}

/** An instance unused for this long doesn't count: Kong doesn't always close those it no longer needs. */
const IN_USE_MS = 5 * 60_000;

/** What this process's instances report; each reason once. */
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

/** Merges equal problems and adds up their instances. */
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
