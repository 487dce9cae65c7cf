import v8 from 'node:v8';

/**
 * Sets V8's garbage collection for many short-lived events and a small heap. To be called before there is much of one.
 *
 * Bodies are memory outside of V8's heap, and enough of them make it collect the heap, ten times a second at 64 KB an
 * event. As that heap is some 10 MB, waking helpers and synchronising with them costs more than the work itself:
 * without them an event of 64 KB takes a tenth to a third less CPU. And V8 lets the space for new objects grow only
 * while much of it survives, which of events never does: in a larger one more of them are over when it is collected,
 * and an event of 8 KB takes a fifth less CPU (docs/performance.md).
 */
export function tuneGarbageCollection(): void {
  const flags = ['--no-concurrent-marking', '--no-concurrent-sweeping', '--semi-space-growth-factor=16'];
  for (const flag of flags) v8.setFlagsFromString(flag);
}
