/** The sandbox with its live view, for the tests of a file. */

import { pino } from 'pino';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { stringify } from 'yaml';
import { type KongYml, projectKongYml } from '../../../testkit/kongYml';
import type { Counts } from '../../../view/events/store';
import type { EventJson } from '../../../view/events/toJson';
import { type Micro, type MicroOptions, startMicro } from '../../../view/startMicro';
import { type Answer, send } from '../http';

export interface MicroUnderTest {
  readonly micro: Micro;
  /** Asks the view. */
  ask(path: string, method?: string, body?: object, headers?: Record<string, string>): Promise<Answer>;
  /** Asks for events, or waits for them. */
  events(path: string): Promise<EventJson[]>;
  counts(): Promise<Counts>;
}

/** After each test nothing is kept, and everything is up. */
export function useMicro(
  change: (kongYml: KongYml) => void = () => undefined,
  options: Partial<MicroOptions> = {},
): MicroUnderTest {
  let micro: Micro | undefined;
  beforeAll(async () => {
    const kongYml = projectKongYml();
    change(kongYml);
    micro = await startMicro({
      config: stringify(kongYml),
      configName: 'kong.yml',
      env: { PATH: process.env.PATH },
      log: pino({ level: 'silent' }),
      ...options,
    });
  });
  afterEach(async () => {
    await ask('/switches', 'PATCH', { gateway: 'up', kinesis: 'up' });
    await ask('/events', 'DELETE');
  });
  afterAll(() => micro?.close());

  function ask(path: string, method = 'GET', body?: object, headers = {}): Promise<Answer> {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    return send(`${micro!.viewUrl}${path}`, {
      method,
      headers: { ...type, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }
  return {
    get micro() {
      return micro!;
    },
    ask,
    events: async (path) => ((await ask(path)).json() as { events: EventJson[] }).events,
    counts: async () => ((await ask('/events')).json() as { counts: Counts }).counts,
  };
}
