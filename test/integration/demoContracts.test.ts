/** The demo's shop with its contracts: who breaks one sees it in the live view. */

import { expect, test } from 'vitest';
import { configurePlugin } from '../../testkit/kongYml';
import { DEMO_CONTRACTS } from '../../view/demoContracts';
import { postEvent } from '../support/http';
import { useMicro } from '../support/view/useMicro';

const view = useMicro((kongYml) => configurePlugin(kongYml, 'kinesis-ingest', { contracts: 'enforce' }), {
  contracts: DEMO_CONTRACTS,
});

test('an event with a wrong type is refused, and the live view says why', async () => {
  const added = (price: unknown) => ({
    type: 'track',
    event: 'Product Added',
    properties: { sku: 'L-01', price },
  });
  const { proxyUrl } = view.micro.gateway;
  expect((await postEvent(proxyUrl, added('189'))).status).toBe(200);
  expect((await postEvent(proxyUrl, added(189))).status).toBe(422);
  const events = await view.events('/events/wait?count=2');
  expect(events.map(({ outcome, code, reason }) => ({ outcome, code, reason }))).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ outcome: 'stored' }),
      {
        outcome: 'refused',
        code: 'contract_violated',
        reason: 'Product Added (version 1): /properties/price must be string',
      },
    ]),
  );
});
