/** Ids and sessions: who gives them, how long they hold, and that a person’s wish ends them. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { storedAnswer } from '../../support/tracker/scriptedGateway';
import { start, trackAll } from '../../support/tracker/startedCore';

const MINUTE = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('ids', () => {
  test('the gateway’s user id goes with later batches, also after a restart', async () => {
    const { core, gateway, restart } = start();
    gateway.answerNext({ headers: { 'x-user-id': 'device-1' }, body: storedAnswer(1) });
    core.track('First');
    await core.flush();
    expect(core.deviceId).toBe('device-1');
    core.track('Second');
    await core.flush();
    const later = restart();
    later.track('Third');
    await later.flush();
    expect(gateway.sent.map(({ user_id }) => user_id)).toEqual([undefined, 'device-1', 'device-1']);
  });

  test('a gateway that gives no id takes none away', async () => {
    const { core, gateway } = start();
    gateway.answerNext({ headers: { 'x-user-id': 'device-1' }, body: storedAnswer(1) });
    trackAll(core, 'First');
    await core.flush();
    trackAll(core, 'Second');
    await core.flush();
    expect(core.deviceId).toBe('device-1');
  });

  test('an id that another tab got meanwhile is this tab’s, too', async () => {
    const { core, gateway, storage } = start();
    gateway.answerNext({ headers: { 'x-user-id': 'device-1' }, body: storedAnswer(1) });
    trackAll(core, 'First');
    await core.flush();
    storage.setItem('clickstream.device', 'device-2');
    trackAll(core, 'Second');
    await core.flush();
    expect(gateway.sent[1]!.user_id).toBe('device-2');
  });

  test('the field of the user id can have another name', async () => {
    const { core, gateway, restart } = start({ userIdField: 'anonymousId' });
    gateway.answerNext({ headers: { 'x-user-id': 'device-1' }, body: storedAnswer(1) });
    trackAll(core, 'First');
    await core.flush();
    const later = restart();
    trackAll(later, 'Second');
    await later.flush();
    expect(gateway.sent[1]).toMatchObject({ anonymousId: 'device-1' });
  });

  test('a session ends after 30 minutes without an event', async () => {
    const { core, gateway } = start();
    const sessions: unknown[] = [];
    for (const pause of [0, 29 * MINUTE, 29 * MINUTE, 31 * MINUTE]) {
      vi.setSystemTime(Date.now() + pause);
      core.track('Any');
      await core.flush();
      sessions.push(gateway.sent.at(-1)!.batch[0]!.context!.sessionId);
    }
    const [first, second, third, fourth] = sessions;
    expect([second, third]).toEqual([first, first]);
    expect(fourth).not.toBe(first);
  });

  test('identify() holds over a restart, until reset()', async () => {
    const { core, gateway, restart } = start();
    core.identify('u-1');
    await core.flush();
    const later = restart();
    later.track('Known');
    later.reset();
    later.track('Unknown');
    await later.flush();
    const [known, unknown] = gateway.sent[1]!.batch;
    expect(known!.userId).toBe('u-1');
    expect(unknown!.userId).toBeUndefined();
    expect(unknown!.context!.sessionId).not.toBe(known!.context!.sessionId);
  });
});

describe('privacy', () => {
  test('optOut() forgets ids and unsent events, and holds over a restart until optIn()', async () => {
    const { core, gateway, storage, restart } = start();
    gateway.answerNext({ headers: { 'x-user-id': 'device-1' }, body: storedAnswer(1) });
    core.identify('u-1');
    await core.flush();
    core.track('Unsent');
    core.optOut();
    core.track('Never');
    core.identify('u-2');
    await core.flush();
    expect(Object.keys(storage)).toEqual(['clickstream.optout']);
    const later = restart();
    later.track('Never');
    await later.flush();
    expect(gateway.sent).toHaveLength(1);
    later.optIn();
    later.track('Again');
    await later.flush();
    expect(gateway.names()[1]).toEqual(['Again']);
    expect(gateway.sent[1]!.user_id).toBeUndefined();
  });

  test('an answer that comes after optOut() leaves no id behind', async () => {
    const { core, gateway, storage } = start();
    gateway.answerNext({ headers: { 'x-user-id': 'device-1' }, body: storedAnswer(1) });
    core.track('a');
    const sending = core.flush();
    core.optOut();
    await sending;
    expect(Object.keys(storage)).toEqual(['clickstream.optout']);
  });

  test('while the platform’s user refuses, nothing is recorded, kept or sent', async () => {
    const { core, gateway, storage, restart } = start();
    core.track('a');
    const refused = restart({ isRefused: () => true });
    refused.page();
    refused.track('b');
    refused.identify('u-1');
    await refused.flush();
    expect(gateway.sent).toHaveLength(0);
    expect(Object.keys(storage)).toEqual([]);
  });
});
