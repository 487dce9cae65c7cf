/** What a test needs of the machine that not every machine has. */

declare module 'vitest' {
  interface TaskMeta {
    /** What the test needs, where it is skipped for want of it. */
    needs?: string;
  }
}

/**
 * Options of a test or suite: it is skipped where its need is not met, and the run's last lines say so.
 *
 * @param what for example `a Kong (KONG_BIN)`
 */
export function needs(isMet: boolean, what: string): { skip: boolean; meta: { needs?: string } } {
  return isMet ? { skip: false, meta: {} } : { skip: true, meta: { needs: what } };
}
