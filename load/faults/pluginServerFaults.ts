/** The plugin server ends, stops, stalls. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from './fault';
import type { Rig } from './rig';

const STALL_SECONDS = 5;

export const PLUGIN_SERVER_FAULTS: readonly Fault[] = [
  {
    name: 'server-killed',
    title: 'plugin server killed (SIGKILL), started again after 1 s',
    seconds: 0,
    inject: ({ server }) => server.kill('SIGKILL'),
  },
  {
    name: 'server-stopped',
    title: 'plugin server stopped (SIGTERM), away for 4 s, started again',
    inject: ({ server }) => server.stop('SIGTERM'),
    heal: startAgain,
  },
  {
    name: 'server-stalled',
    title: `plugin server stalled (SIGSTOP) for ${STALL_SECONDS} s`,
    seconds: STALL_SECONDS,
    stallsMs: STALL_SECONDS * 1000,
    inject: ({ server }) => server.kill('SIGSTOP'),
    heal: ({ server }) => server.kill('SIGCONT'),
  },
  {
    name: 'worker-killed',
    title: 'one of two workers killed',
    seconds: 0,
    settings: { workers: 2 },
    inject: ({ server }) => server.kill('SIGKILL', server.workers()[0]),
  },
  {
    name: 'worker-stalled',
    title: `one of two workers stalled for ${STALL_SECONDS} s`,
    seconds: STALL_SECONDS,
    stallsMs: STALL_SECONDS * 1000,
    settings: { workers: 2 },
    inject: ({ server }) => server.kill('SIGSTOP', server.workers()[0]),
    heal: ({ server }) => server.workers().forEach((pid) => void server.kill('SIGCONT', pid)),
  },
  {
    name: 'server-looping',
    title: 'plugin server killed three times, as soon as it is back',
    seconds: 1,
    secondsAfter: 6,
    async inject({ server }) {
      for (let kill = 1; kill <= 3; kill++) {
        server.kill('SIGKILL');
        await delay(50);
        await server.listening();
      }
    },
  },
  {
    name: 'socket-stale',
    title: 'plugin server killed, its socket left behind for 3 s, started again',
    seconds: 3,
    inject: ({ server }) => server.stop('SIGKILL'),
    heal: startAgain,
  },
];

export async function startAgain({ server }: Rig): Promise<void> {
  server.start();
}
