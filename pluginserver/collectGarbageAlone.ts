import v8 from 'node:v8';

/**
 * Keeps V8 from marking and sweeping on helper threads.
 *
 * Bodies are memory outside of V8's heap, and enough of them make it collect the heap, ten times a second at 64 KB an
 * event. As that heap is some 10 MB, waking helpers and synchronising with them costs more than the work itself:
 * without them an event of 64 KB takes a tenth to a third less CPU (docs/performance.md). To be called before there is
 * much of a heap.
 */
export function collectGarbageAlone(): void {
  for (const flag of ['--no-concurrent-marking', '--no-concurrent-sweeping']) v8.setFlagsFromString(flag);
}
