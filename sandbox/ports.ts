/** The sandbox's ports: read from the environment, and checked before anything is started. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { StartError } from '../testkit/StartError';

/** @throws StartError for a variable that is not a port */
export function readPort(env: NodeJS.ProcessEnv, variable: string, fallback: number): number {
  const text = env[variable];
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new StartError(`${variable}=${text} is no port: expected a number from 1 to 65535`);
  return port;
}

/** @param ports by the variable that sets them. @throws StartError when one is taken, or used twice */
export async function checkPorts(ports: Readonly<Record<string, number>>): Promise<void> {
  const seen = new Map<number, string>();
  for (const [variable, port] of Object.entries(ports)) {
    const other = seen.get(port);
    if (other !== undefined) throw new StartError(`${other} and ${variable} are both ${port}`);
    seen.set(port, variable);
    try {
      await listenOnce(port);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const reason = code === 'EADDRINUSE' ? 'is taken' : `can't be listened on (${code})`;
      throw new StartError(`port ${port} on 127.0.0.1 ${reason}; ${variable} names another one`, {
        cause: error,
      });
    }
  }
}

async function listenOnce(port: number): Promise<void> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}
