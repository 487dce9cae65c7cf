/** What the server knows of a front: its configuration by a hash, and what its frames carry. */

import { describe, expect, it } from 'vitest';
import { MAX_INSTANCES } from '../../../../pluginserver/instances';
import type { Kong } from '../../../../pluginserver/pdk';
import { connectFront } from '../../../support/pluginserver/frontSide';
import { answered, FAILED, hostFront, READS, VALUES } from '../../../support/pluginserver/hostFront';
import { hostPlugin, pluginOf } from '../../../support/pluginserver/hostPlugin';

describe('a configuration', () => {
  it('is asked for once, and then serves every connection by its hash', async () => {
    const { kong, host } = await hostFront(() => undefined);
    expect((await kong.event({ values: VALUES })).kind).toBe('u');
    expect((await kong.event({ values: VALUES, config: '{}', reads: READS })).kind).toBe('c');
    const other = await connectFront(host.socketPath);
    expect((await other.event({ values: VALUES })).kind).toBe('c');
    expect(host.instances.size).toBe(1);
  });

  it('has an instance of its own', async () => {
    const create = (config: unknown) => ({
      access: ({ response }: Kong) => response.exit(200, (config as { name: string }).name),
    });
    const host = await hostPlugin(pluginOf(create, ['access'], 'test-plugin', READS));
    const kong = await connectFront(host.socketPath);
    for (const name of ['a', 'b'])
      await kong.event({ values: VALUES, hash: name, config: `{"name":"${name}"}`, reads: READS });
    const bodies = [];
    for (const hash of ['a', 'b']) bodies.push(answered(await kong.event({ values: VALUES, hash }))?.[2]);
    expect(bodies).toEqual(['a', 'b']);
  });

  it.each(['{', '[not JSON'])('that is no good answers 500 and stays unknown: %s', async (config) => {
    const { event, host, kong } = await hostFront(() => undefined);
    expect(answered(await event({ config }))).toEqual(FAILED);
    expect(host.logged).toContainEqual(expect.objectContaining({ msg: 'instance not started' }));
    expect((await kong.event({ values: VALUES })).kind).toBe('u');
  });
});

describe('a front of an older version of the plugin', () => {
  const OLD = { access: READS.access.slice(0, 2) };

  it('serves on as long as the plugin reads no more than it carries', async () => {
    const { event, host } = await hostFront(async ({ client, response }) =>
      response.exit(200, await client.getForwardedIp()),
    );
    const reply = await event({ reads: OLD, values: VALUES.slice(0, 2) });
    expect(answered(reply)?.slice(0, 3)).toEqual(['kong.response.exit', 200, '192.0.2.1']);
    expect(host.logged).toContainEqual(
      expect.objectContaining({ level: 40, missing: READS.access.slice(2) }),
    );
  });

  it('is answered 500 for what it does not carry, with the reason in the log', async () => {
    const { event, host } = await hostFront(({ request }) => request.getRawBody());
    expect(answered(await event({ reads: OLD, values: VALUES.slice(0, 2) }))).toEqual(FAILED);
    expect(JSON.stringify(host.logged)).toContain('no frame carries kong.request.get_raw_body');
  });
});

it('an instance that made room for others is asked for again', async () => {
  const { event, kong, host } = await hostFront(() => undefined);
  for (let i = 0; i < MAX_INSTANCES; i++) await event({ hash: `h${i}` });
  await event({ hash: 'one more' });
  expect(host.instances.size).toBe(MAX_INSTANCES);
  expect((await kong.event({ values: VALUES, hash: 'h0' })).kind).toBe('u');
});
