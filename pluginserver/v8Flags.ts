/**
 * V8's flags for many short-lived events, bodies outside of its heap, and a heap of some 15 MB. docs/performance.md has the
 * figures. They stand on the command line, `node FLAGS dist/pluginserver/main.js`: Node.js takes none of them in NODE_OPTIONS
 * and warns against setting flags in a running process, and workers inherit them. A test holds the unit, the image and
 * package.json to this list. Without them the server works too; large bodies cost more.
 */
export const V8_FLAGS: readonly string[] = [
  // V8 counts bodies against the growth that it allows its heap. They are freed with the next scavenge, but a heap's worth of
  // them passes for growth, and makes V8 mark the whole heap ten times a second at 64 KB an event.
  '--heap-growing-percent=400',
  // V8 allocates in the old space what has often lived on from there. Events that a busy moment held up look like that, and
  // then all bodies stay until the heap is marked, which holds up more events.
  '--no-allocation-site-pretenuring',
  // Marking so small a heap is less work than waking helper threads for it.
  '--no-concurrent-marking',
  '--no-concurrent-sweeping',
  // The space for new objects grows only while much of it survives, which events never do. In a larger one more of them are
  // over when it is collected.
  '--semi-space-growth-factor=16',
];
