/** Whatever fails in the plugin: a 500, and nothing unsigned goes to Kinesis. */

import { describe, expect, it } from 'vitest';
import type { Surroundings } from '../../../plugins/kinesis-ingest/KinesisIngest';
import { PdkCallError } from '../../../pluginserver/pdk/errors';
import { credentialsOf, NEW_ID } from '../../support/plugin/examples';
import { directed, exit, HOST, play, pluginWith, reads, written } from '../../support/plugin/playedRequest';
import { call, type Step } from '../../support/plugin/scriptedKong';

const REQUEST_ID = 'f0e1d2c3';

describe('an unforeseen error', () => {
  const SECRET = 'wJalrXUtnFEMI';
  const boom = () => {
    throw new Error(`boom ${SECRET}`);
  };
  const failing = (method: Step['method'], rejection: unknown) =>
    reads().map((step) => (step.method === method ? { ...step, rejection } : step));
  const message = (id: string) => `the event could not be handled, request ${id}`;

  it.each<[string, Step[], Partial<Surroundings>, string]>([
    ['a new id cannot be made', reads(), { newId: boom }, 'boom'],
    ['the clock fails', reads(), { now: boom }, 'boom'],
    ['the credentials’ source throws', reads(), { credentials: () => credentialsOf(boom) }, 'boom'],
    [
      'the credentials’ source is rejected with something else',
      reads(),
      { credentials: () => credentialsOf(() => Promise.reject(new TypeError('odd'))) },
      'odd',
    ],
    ['the address cannot be had', failing('client.getForwardedIp', new Error('gone')), {}, 'gone'],
    ['the headers cannot be had', failing('request.getHeaders', new Error('gone')), {}, 'gone'],
    ['the body cannot be had', failing('request.getRawBody', new Error('gone')), {}, 'gone'],
    ['a call is rejected with a text', failing('request.getRawBody', 'text'), {}, 'text'],
    ['a call is rejected with nothing', failing('request.getRawBody', undefined), {}, 'code'],
  ])(
    'is a 500 with the request’s id, sends nothing, and is logged once: %s',
    async (_, script, surroundings, logged) => {
      const { plugin, entries, text } = pluginWith(surroundings);
      await play(
        [
          ...script,
          call('nginx.getVar', 'kong_request_id').answers(REQUEST_ID),
          exit('internal_error', 500, message(REQUEST_ID)),
        ],
        plugin,
      );
      expect(entries).toMatchObject([{ level: 50, requestId: REQUEST_ID }]);
      expect(text()).toContain(logged);
    },
  );

  it('is none where Kong has left because its client went away: nobody is answered, nothing is logged', async () => {
    const { plugin, text } = pluginWith();
    await play(failing('request.getRawBody', new PdkCallError('ERR_CONNECTION_CLOSED', 'closed')), plugin);
    expect(text()).toBe('');
  });

  it('is logged with its stack', async () => {
    const { plugin, entries } = pluginWith({ newId: boom });
    await play(
      [
        ...reads(),
        call('nginx.getVar', 'kong_request_id').answers(REQUEST_ID),
        exit('internal_error', 500, message(REQUEST_ID)),
      ],
      plugin,
    );
    expect(entries[0]).toMatchObject({
      err: { message: `boom ${SECRET}`, stack: expect.stringContaining('at ') as unknown },
    });
  });

  it('is a 500 even where the request’s id cannot be had', async () => {
    const { plugin, entries } = pluginWith({ newId: boom });
    await play(
      [
        ...reads(),
        { method: 'nginx.getVar', args: ['kong_request_id'], rejection: new Error('gone') },
        exit('internal_error', 500, message('without id')),
      ],
      plugin,
    );
    expect(entries).toHaveLength(1);
  });

  it('is a 500 where a call fails after the first ones have been made', async () => {
    const { plugin, entries } = pluginWith();
    const rejection = new Error('invalid host');
    await play(
      [
        ...reads(),
        { method: 'service.setTarget', args: [HOST, 443], rejection },
        directed[1]!,
        ...written(NEW_ID),
        call('nginx.getVar', 'kong_request_id').answers(REQUEST_ID),
        exit('internal_error', 500, message(REQUEST_ID)),
      ],
      plugin,
    );
    expect(entries).toHaveLength(1);
  });
});
