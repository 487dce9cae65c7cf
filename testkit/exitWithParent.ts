/**
 * Preloaded into the processes that the testkit starts: ends them when their parent is gone.
 *
 * The parent normally ends its children. This covers a parent that was killed, so that no port stays taken.
 */

import cluster from 'node:cluster';

// The child's own workers have the child as their parent, which takes care of them.
if (!cluster.isWorker) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // The channel to the parent must not keep an idle process alive.
  process.channel?.unref();
}
