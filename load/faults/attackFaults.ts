/** Somebody sends the largest bodies that are taken, over many connections, to a plugin server of little memory. */

import type { Attack } from './attacker';
import type { Fault } from './fault';

/** The limit of deploy/kubernetes and deploy/systemd. */
const MEMORY_BYTES = 512 * 1024 * 1024;
const CONNECTIONS = 300;

function attack(name: string, from: string, more: Pick<Attack, 'addresses' | 'encodings'>): Fault {
  return {
    name,
    title: `${CONNECTIONS} connections of ${from} send 2 MiB of events each, ${more.encodings.join(' and ')}`,
    seconds: 10,
    settings: { memoryBytes: MEMORY_BYTES },
    slowestPercentile99Ms: 250,
    async inject({ attacker, gateway }) {
      await attacker.functions.start({ url: gateway.url, connections: CONNECTIONS, ...more });
    },
    async heal({ attacker }) {
      console.log(`the attack was answered ${JSON.stringify(await attacker.functions.stop())}`);
    },
  };
}

export const ATTACK_FAULTS: readonly Fault[] = [
  attack('attack-gzip', 'one address', { addresses: 1, encodings: ['gzip'] }),
  attack('attack-plain', 'one address', { addresses: 1, encodings: ['plain'] }),
  attack('attack-many', 'as many addresses', { addresses: CONNECTIONS, encodings: ['gzip', 'plain'] }),
];
