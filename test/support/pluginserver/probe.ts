/** Events of the plugin `probe`, which does what its instance's configuration says. */

import type { ExpectStatic } from 'vitest';
import { connectKong, type KongSide } from './kongSide';
import { testPlugin } from './serverProcess';

export const PROBE = testPlugin('probe');

export const BODY = { 'kong.request.get_raw_body': { content: Buffer.from('{"secret":"of the body"}') } };

/** Begins an event and leaves it waiting for its body. */
export async function beginEvent(socketPath: string, config = {}): Promise<KongSide> {
  const kong = await connectKong(socketPath);
  kong.sendEvent(await kong.start(config, 'probe'));
  await kong.frame();
  await kong.frame();
  return kong;
}

/** Gives the event its body and sees it through. */
export async function finishEvent(kong: KongSide, expect: ExpectStatic): Promise<void> {
  kong.send(Buffer.from([0x0a, 0x02, 0x7b, 0x7d]));
  const names: string[] = [];
  for (let i = 0; i < 4; i++) names.push(String(await kong.frame()));
  expect(names.slice(0, 3)).toEqual(['kong.service.request.set_raw_body', '\n\u0002{}', '']);
}

/** Runs an event on a connection of its own. @returns how it ended */
export async function runEvent(socketPath: string, config = {}): Promise<'returned' | 'exit' | 'closed'> {
  const kong = await connectKong(socketPath);
  const { end } = await kong.event(await kong.start(config, 'probe'), BODY);
  kong.socket.destroy();
  return end;
}
