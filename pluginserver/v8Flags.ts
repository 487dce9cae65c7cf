import v8 from 'node:v8';

/**
 * V8's flags for many short-lived events, bodies outside of its heap, and a heap of some 15 MB; figures are in
 * docs/performance.md.
 */
export const V8_FLAGS: readonly string[] = [
  // Bodies count as if they were the heap's. Set free with the next scavenge, as they are, they have once a heap's size
  // pass for growth, and make V8 mark all of the heap ten times a second at 64 KB an event.
  '--heap-growing-percent=400',
  // V8 allocates in the old space what has often lived on from there. Events that a busy moment held up look like that,
  // and then all bodies stay until the heap is marked, which holds up more of them.
  '--no-allocation-site-pretenuring',
  // Marking so small a heap is less work than waking helpers for it.
  '--no-concurrent-marking',
  '--no-concurrent-sweeping',
  // The space for new objects grows only while much of it survives, which of events never does. In a larger one more of
  // them are over when it is collected.
  '--semi-space-growth-factor=16',
];

/** Sets V8's garbage collection for events. To be called before there is much of a heap. */
export function tuneGarbageCollection(): void {
  for (const flag of V8_FLAGS) v8.setFlagsFromString(flag);
}
