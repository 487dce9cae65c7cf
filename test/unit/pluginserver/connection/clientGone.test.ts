/** A client that goes away makes its event's calls fail; a plugin need not be waiting for any of them. */

import { setImmediate } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { Kong } from '../../../../pluginserver/pdk';
import { hostAccess } from '../../../support/pluginserver/hostAccess';
import { until } from '../../../support/until';

const leavesGetters = ({ client, request }: Kong) => {
  void request.getRawBody();
  void client.getIp();
  return new Promise(() => undefined);
};

const CASES: [string, (kong: Kong) => unknown, end: 'closes' | 'exits'][] = [
  ['Kong closes the connection', leavesGetters, 'closes'],
  [
    'the plugin ends the event',
    (kong) => {
      void kong.request.getRawBody();
      void kong.response.exit(204);
      void kong.request.getPath();
    },
    'exits',
  ],
  [
    'the arguments cannot be sent',
    ({ request, response }) => {
      void request.getHeaders(10n as never);
      void response.exit(204);
    },
    'exits',
  ],
];

it.each(CASES)('getters that nobody waits for leave no unhandled rejection: %s', async (_, access, end) => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  onTestFinished(() => void process.off('unhandledRejection', unhandled));
  const { kong, instance, end: connection } = await hostAccess(access);
  kong.sendEvent(instance);
  if (end === 'closes') {
    for (let i = 0; i < 4; i++) await kong.frame();
    kong.socket.destroy();
  }
  await until('the event is over', () => connection.runningEvents === 0);
  // Node.js looks for unhandled rejections after each turn's microtasks.
  await setImmediate();
  await setImmediate();
  expect(unhandled).not.toHaveBeenCalled();
});
