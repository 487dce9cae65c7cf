/**
 * V8 flags for many short-lived events, bodies outside its heap, and a heap of some 15 MB. docs/performance.md has the
 * figures. They belong on the command line, `node FLAGS dist/pluginserver/main.js`: Node.js accepts none of them in
 * NODE_OPTIONS and warns against setting flags in a running process, and workers inherit them. A test checks that the unit,
 * the image and package.json match this list. The server also works without them; large bodies then cost more.
 */
export const V8_FLAGS: readonly string[] = [
  // V8 counts bodies against the growth it allows its heap. The next scavenge frees them, but a heap's worth of them passes
  // for growth, and makes V8 mark the whole heap ten times a second at 64 KB an event.
  '--heap-growing-percent=400',
  // V8 allocates objects in the old space if earlier ones from the same place often survived. Events held up by a busy moment
  // look like that. Then all bodies stay until the heap is marked, which holds up more events.
  '--no-allocation-site-pretenuring',
  // Marking so small a heap is less work than waking helper threads for it.
  '--no-concurrent-marking',
  '--no-concurrent-sweeping',
  // The space for new objects grows only while much of it survives, and events never do. In a larger space, more events are
  // over by the time it is collected.
  '--semi-space-growth-factor=16',
];
