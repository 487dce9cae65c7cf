import { expect, it } from 'vitest';
import type { InstanceRegistry } from '../../../../pluginserver/instances';
import type { Kong } from '../../../../pluginserver/pdk';
import type { LoadedPlugin } from '../../../../pluginserver/plugin';
import {
  CAPTURED_FRAMES,
  CAPTURED_INSTANCE_ID,
  CAPTURED_STARTED_AT,
} from '../../../support/pluginserver/capturedFrames';
import { hostPlugin, pluginOf } from '../../../support/pluginserver/hostPlugin';

/** The capture's plugin: every event of it did something else. */
const EVENTS = [callEverything, readSpilledBody, refuse] as const;

async function readSpilledBody(kong: Kong): Promise<void> {
  await expect(kong.request.getRawBody()).rejects.toMatchObject({ code: 'ERR_BODY_IN_FILE' });
}

async function refuse(kong: Kong): Promise<void> {
  expect(Buffer.from(await kong.request.getRawBody()).toString()).toBe('{bad');
  await kong.response.exit(400, '{"error":{"code":"invalid_json"}}', { 'content-type': 'application/json' });
}

async function callEverything(kong: Kong): Promise<void> {
  await kong.client.getIp();
  await kong.client.getForwardedIp();
  await kong.request.getMethod();
  await kong.request.getScheme();
  await kong.request.getHost();
  await kong.request.getPath();
  await kong.request.getRawQuery();
  await kong.request.getQuery();
  await kong.request.getQueryArg('a');
  await kong.request.getQueryArg('missing');
  await kong.request.getHeaders();
  await kong.request.getHeader('user-agent');
  await kong.request.getHeader('x-missing');
  await kong.request.getRawBody();
  await kong.nginx.getVar('remote_addr');
  await kong.nginx.getVar('request_id');
  await kong.router.getRoute();
  await kong.router.getService();
  await kong.ctx.shared.set('k', 'v');
  await kong.ctx.shared.get('k');
  await kong.log.notice('hello from the plugin');
  await kong.service.setTarget('127.0.0.1', 9099);
  await kong.service.request.setScheme('http');
  await kong.service.request.setPath('/echo');
  await kong.service.request.setMethod('POST');
  await kong.service.request.setRawQuery('');
  await kong.service.request.setRawBody(Buffer.from('{"rewritten":true}'));
  await kong.service.request.setHeaders({
    host: 'kinesis.us-east-1.amazonaws.com',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'Kinesis_20131202.PutRecord',
    cookie: [],
    'x-two': ['a', 'b'],
  });
  await kong.response.setHeaders({ 'X-User-Id': 'u-1', 'Set-Cookie': ['uid=u-1; Path=/; HttpOnly'] });
}

/** Gives every instance the id and the time of the capture, and goes on knowing it once it is closed. */
function capturedInstances(plugin: LoadedPlugin): InstanceRegistry {
  const handler = new plugin.Plugin({}, {} as never);
  const instance = { id: CAPTURED_INSTANCE_ID, plugin, handler, startedAt: CAPTURED_STARTED_AT, lastUse: 0 };
  return {
    size: 1,
    start: async () => instance,
    ofConfig: () => undefined,
    startFor: () => instance,
    find: async () => undefined,
    get: (id) => (id === CAPTURED_INSTANCE_ID ? instance : undefined),
    close: () => undefined,
    usedSince: () => [],
  };
}

it.each([1, 2])(
  'answers connection %i of a real Kong with the captured frames, byte for byte',
  async (number) => {
    let events = 0;
    const plugin = { ...pluginOf({ access: (kong) => EVENTS[events++]!(kong) }), name: 'kinesis-proto' };
    const host = await hostPlugin(plugin, { instances: capturedInstances(plugin) });
    const kong = await host.connect();

    for (const { index, connection, from, what, bytes } of CAPTURED_FRAMES) {
      if (connection !== number) continue;
      if (from === 'kong') kong.send(bytes);
      else {
        // The captured server wrote the empty string of set_raw_query; ours leaves defaults out.
        const expected =
          what === 'arguments of kong.service.request.set_raw_query' ? '' : bytes.toString('hex');
        expect((await kong.frame()).toString('hex'), `frame ${index}, ${what}`).toBe(expected);
      }
    }
    await host.roundTrip();
    expect(kong.unread).toEqual([]);
    expect(kong.closed).toBe(false);
    expect(host.logged.filter(({ level }) => Number(level) >= 40)).toEqual([]);
  },
);
