/** Pages of several origins, and of one's own machine: docs/cors.md, its recipes as they stand there. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type KongPlugin, type KongYml, pluginOf } from '../../testkit/kongYml';
import type { GatewayUnderTest } from '../support/gateway';
import { postEvent } from '../support/http';
import { needs } from '../support/needs';
import { DRIVER } from '../support/startGateway';
import { tunePlugin } from '../support/tunePlugin';
import { until } from '../support/until';
import { gatewayForTest } from '../support/useGateway';

const GUIDE = readFileSync('docs/cors.md', 'utf8');
const OWN = 'http://localhost:3000';
const ELSEWHERE = 'https://elsewhere.example.org';
const LIST = ['https://www.example.com', 'https://m.example.com'];

/** What a page of an origin may read: of the answer to an event, and of a refusal. */
async function readableBy(origin: string, { proxyUrl }: GatewayUnderTest) {
  const [stored, refused] = [
    await postEvent(proxyUrl, { type: 'click' }, { origin }),
    await postEvent(proxyUrl, '[', { origin }),
  ];
  expect([stored.status, refused.status]).toEqual([200, 400]);
  return [stored, refused].map(({ headers }) => [
    headers['access-control-allow-origin'],
    headers['access-control-allow-credentials'],
  ]);
}

const withOrigins = (origins: string[]) => ({
  config: (kongYml: KongYml) => Object.assign(pluginOf(kongYml, 'cors').config, { origins }),
});

describe(`cors with delivery: proxy (${DRIVER})`, () => {
  test.each([
    ['one origin', LIST.slice(0, 1), [LIST[0], 'true'], [LIST[0], 'true']],
    ['several', LIST, [undefined, 'true'], [LIST[0], 'true']],
    ['all, with credentials', ['*'], ['*', undefined], [LIST[0], 'true']],
  ])('%s', async (_, origins, ofStored, ofRefused) => {
    const { gateway } = await gatewayForTest(withOrigins(origins));
    expect(await readableBy(LIST[0]!, gateway)).toEqual([ofStored, ofRefused]);
  });

  test(
    'a page on one’s own machine may read its answers after the guide’s PATCH',
    needs(DRIVER !== 'kong', 'a gateway that takes writes'),
    async () => {
      const { gateway } = await gatewayForTest({});
      const [, name, change] = /plugins\/(\S+) [\s\S]*?-d '(.*)'/.exec(GUIDE)!;
      const { config } = JSON.parse(change!) as { config: Record<string, unknown> };
      await tunePlugin(gateway.adminUrl, name!, config);
      // Kong's workers take a change over one after the other.
      const isReadable = async () => (await readableBy(OWN, gateway))[0]![0] === OWN;
      await until('the origin is allowed', isReadable);
    },
  );

  test(
    'pages of the guide’s several origins may read their answers, others may not',
    needs(DRIVER.startsWith('kong'), 'a Kong (KONG_BIN), which runs Lua'),
    async () => {
      const recipe = parse(/```yaml\n(- name: pre-function[\s\S]*?)```/.exec(GUIDE)![1]!) as KongPlugin[];
      const { gateway, kinesis } = await gatewayForTest({
        config(kongYml) {
          const { plugins } = kongYml.services[0]!.routes[0]!;
          const others = plugins!.filter(({ name }) => name !== 'cors');
          plugins!.splice(0, plugins!.length, ...recipe, ...others);
        },
      });
      for (const origin of [...LIST, OWN])
        expect(await readableBy(origin, gateway)).toEqual([
          [origin, 'true'],
          [origin, 'true'],
        ]);
      expect((await readableBy(ELSEWHERE, gateway)).map(([allowed]) => allowed)).toEqual([
        undefined,
        undefined,
      ]);
      for (const { headers } of kinesis.calls) expect(headers).not.toHaveProperty('origin');
    },
  );
});
