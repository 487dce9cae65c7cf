/** Counts objects that are still alive, for tests of leaks. */

import { setImmediate } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc') as () => void;

export async function countAlive(refs: readonly WeakRef<object>[]): Promise<number> {
  // What a job has looked at through a WeakRef stays alive until that job is over.
  await setImmediate();
  gc();
  return refs.filter((ref) => ref.deref() !== undefined).length;
}
