/** Credentials expire, are revoked, can't be had. */

import type { Fault } from './fault';
import type { Rig, ServerSettings } from './rig';

/** Refreshed 5 to 15 s after they came, and signed with until 10 s before their end. */
const SHORT_LIVED_MS = 30_000;

function endpointDown(name: string, title: string, credentials: ServerSettings['credentials']): Fault {
  return {
    name,
    title,
    seconds: 8,
    settings: { credentials, lifetimeMs: SHORT_LIVED_MS },
    inject({ credentials: endpoint }) {
      endpoint.state = 'down';
    },
    heal: endpointUp,
  };
}

export const CREDENTIALS_FAULTS: readonly Fault[] = [
  {
    name: 'credentials-expiring',
    title: 'credentials expire, new ones are to be had',
    seconds: 10,
    settings: { lifetimeMs: 15_500 },
    inject: () => undefined,
  },
  {
    name: 'credentials-revoked',
    title: 'credentials are revoked before their time, new ones are to be had',
    settings: { lifetimeMs: SHORT_LIVED_MS },
    secondsAfter: 14,
    // For good: those that were revoked stay so.
    inject: ({ kinesis, credentials }) => kinesis.functions.expire([...credentials.issued]),
  },
  {
    name: 'credentials-late',
    title: 'no credentials at the start, after 4 s there are some',
    secondsAfter: 9,
    async inject(rig) {
      rig.credentials.state = 'absent';
      await restart(rig);
    },
    heal: endpointUp,
  },
  {
    name: 'credentials-hanging',
    title: 'the credentials’ endpoint does not answer at the start, after 4 s it does',
    secondsAfter: 14,
    async inject(rig) {
      rig.credentials.state = 'hanging';
      await restart(rig);
    },
    heal: endpointUp,
  },
  endpointDown('container-down', 'the container’s credentials endpoint is down at the refresh', 'container'),
  endpointDown('imds-down', 'the instance metadata (IMDSv2) are down at the refresh', 'imds'),
  endpointDown('sts-down', 'STS is down at the refresh of the role', 'sts'),
];

function endpointUp({ credentials }: Rig): void {
  credentials.state = 'up';
}

async function restart({ server }: Rig): Promise<void> {
  await server.stop('SIGTERM');
  server.start();
  await server.listening();
}
