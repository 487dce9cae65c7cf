/** The plugin server's limit of memory is the one under which `npm run faults` attacks it. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { ATTACK_FAULTS } from '../../../load/faults/attackFaults';
import { readComposeFile } from '../../support/deploy/composeFile';

const MIB = 1024 * 1024;
const attacked = ATTACK_FAULTS.map(({ settings }) => settings?.memoryBytes);

interface Values {
  deployment: { initContainers: { name: string; resources: { limits: { memory: string } } }[] };
}

test.each([
  [
    'deploy/systemd',
    () => /^MemoryMax=(\d+)M$/m.exec(readFileSync('deploy/systemd/kinesis-ingest.service', 'utf8'))![1],
  ],
  [
    'deploy/kubernetes',
    () => {
      const values = parse(readFileSync('deploy/kubernetes/values.yaml', 'utf8')) as Values;
      const { resources } = values.deployment.initContainers.find(({ name }) => name === 'plugin-server')!;
      return /^(\d+)Mi$/.exec(resources.limits.memory)![1];
    },
  ],
  ['docker-compose.yml, node 1', () => composeLimit('plugin-server-1')],
  ['docker-compose.yml, node 2', () => composeLimit('plugin-server-2')],
])('in %s', (_, mebibytes) => {
  expect(new Set(attacked)).toEqual(new Set([Number(mebibytes()) * MIB]));
});

function composeLimit(service: string): string | undefined {
  const { mem_limit } = readComposeFile().services[service] as { mem_limit?: string };
  return /^(\d+)m$/.exec(mem_limit ?? '')?.[1];
}
