/**
 * Free ports of loopback for what a test starts.
 *
 * They lie below those that the system gives to whoever asks for any port, and each of Vitest's workers has some of
 * them for itself: between the look and the start nobody else of this run takes one.
 */

import { once } from 'node:events';
import net from 'node:net';

const FIRST = 20_000;
const PER_WORKER = 1_000;
/** Up to 31,999; the system's own begin at 32,768 (`ip_local_port_range`). */
const WORKERS = 12;

const worker = Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS;
/** Another run on this machine begins elsewhere. */
let next = process.pid % PER_WORKER;

/** Ports that nobody listens on just now; none is given twice soon. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries++) {
    if (tries === PER_WORKER) throw new Error(`there are no ${count} free ports`);
    const port = FIRST + worker * PER_WORKER + next;
    next = (next + 1) % PER_WORKER;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
