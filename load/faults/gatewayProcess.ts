/** The sandbox's gateway as a program: KONG_YML, SOCKET and DESCRIPTION in the environment say before what. */

import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { startGateway } from '../../sandbox/gateway';

async function main(): Promise<void> {
  const { KONG_YML = '', SOCKET = '', DESCRIPTION = '' } = process.env;
  const gateway = await startGateway({
    config: readFileSync(KONG_YML, 'utf8'),
    proxyPort: 0,
    adminPort: 0,
    pluginServers: [
      {
        socketPath: SOCKET,
        description: JSON.parse(readFileSync(DESCRIPTION, 'utf8')),
      },
    ],
    log: pino({ level: 'silent' }),
  });
  const { proxyUrl, adminUrl } = gateway;
  process.stdout.write(`${JSON.stringify({ proxyUrl, adminUrl })}\n`);
}

process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
main().catch((error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
