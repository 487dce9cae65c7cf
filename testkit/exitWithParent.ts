/**
 * Preloaded into the processes that the testkit starts: ends them when their parent is gone.
 *
 * The parent ends its children itself; this is for when it was killed and couldn't, so that no port stays taken.
 */

import cluster from 'node:cluster';

// A worker of the child's own has the child for its parent, which sees to it.
if (!cluster.isWorker) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // The channel to the parent must not keep a process alive that has nothing left to do.
  process.channel?.unref();
}
