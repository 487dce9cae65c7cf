/** What fuzzing has found, each as the small case that it came down to. */

import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../plugins/kinesis-ingest/config/config';
import { pluginConfig } from '../../support/plugin/examples';
import { enrichedAll } from '../../support/plugin/requests';
import { hostPlugin, pluginOf } from '../../support/pluginserver/hostPlugin';

describe('found by fuzzing', () => {
  it.each(['health', 'constructor', 'toString', '__proto__', ''])(
    'an event of a phase that the plugin does not have is over at once: %j',
    async (phase) => {
      let asked = 0;
      const plugin = pluginOf({ access: () => undefined, health: () => void asked++ });
      const host = await hostPlugin(plugin);
      const kong = await host.connect();
      const id = await kong.start();
      kong.sendEvent(id, phase);
      expect((await kong.frame()).length).toBe(0);
      await kong.frame();
      expect(await kong.event(id)).toEqual({ end: 'returned', calls: [] });
      expect(asked).toBe(0);
    },
  );

  it('an empty object of an envelope is shared too', () => {
    expect(JSON.parse(enrichedAll('{"batch":[{}],"context":{}}')[0]!.text)).toHaveProperty('context', {});
    expect(JSON.parse(enrichedAll('{"batch":[{"context":{"a":1}}],"context":{}}')[0]!.text)).toHaveProperty(
      'context',
      { a: 1 },
    );
  });

  it.each(['access_key_id', 'secret_access_key', 'session_token'])(
    'a %s that no header can carry is an error of the configuration',
    (name) => {
      const keys = { access_key_id: 'AKIDEXAMPLE', secret_access_key: 'example', session_token: 'token' };
      for (const bad of ['ключ', 'a\u0000b', 'a\n'])
        expect(() => parseConfig(pluginConfig({ ...keys, [name]: bad }))).toThrow(`config.${name} contains`);
    },
  );
});
