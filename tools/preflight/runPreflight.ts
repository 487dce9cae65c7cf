/** Runs each check separately: one that breaks is reported and doesn't stop the others. */

import { type Check, type CheckContext, type Finding, warn } from './Check';

export interface Result extends Finding {
  name: string;
  reason: string;
  /** Whether a warning can mean that events aren't stored. */
  vital: boolean;
}

export async function runPreflight(checks: readonly Check[], context: CheckContext): Promise<Result[]> {
  return Promise.all(
    checks.map(async ({ name, reason, vital = false, run }) => {
      try {
        return { name, reason, vital, ...(await run(context)) };
      } catch (error) {
        const finding = warn(
          `could not be checked: ${(error as Error).message}`,
          'This is a fault of preflight.',
        );
        return { name, reason, vital, ...finding };
      }
    }),
  );
}
