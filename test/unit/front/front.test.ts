import { describe, expect, it } from 'vitest';
import { BYTES, encodeReply, frame, UNKNOWN_CONFIG } from '../../support/front/frames';
import {
  EXAMPLE,
  type FrontScript,
  hasLuaJit,
  INTERRUPTED,
  runFront,
  type ScriptedConnection,
} from '../../support/front/runFront';

const answering = (...data: (Buffer | string)[]): ScriptedConnection => ({ data });
const NOTHING_TO_DO = encodeReply([]);

describe.skipIf(!hasLuaJit)('the front, under LuaJIT (skipped where there is no luajit)', () => {
  it('has the plugin’s priority and version', () => {
    const { handler } = runFront({ connections: [answering(NOTHING_TO_DO)] });
    expect(handler).toEqual({ PRIORITY: 750, VERSION: '0.1.0' });
  });

  it('sends what the plugin has declared, in that order, in one frame', () => {
    const { frames, path } = runFront({ connections: [answering(NOTHING_TO_DO)] });
    expect(frames).toHaveLength(1);
    const [{ name, phase, config, values }] = frames as [(typeof frames)[0]];
    expect({ name, phase, config }).toEqual({ name: 'example', phase: 'access', config: '' });
    const [[, headers]] = values.splice(1, 1) as [[string, string]];
    expect(headers.split('\n').slice(0, -1).sort()).toEqual([
      'a',
      'accept',
      'accept',
      'b',
      'curl',
      'user-agent',
    ]);
    expect(values).toEqual([
      ['s', '192.0.2.1'],
      ['s', '{"type":"click"}'],
    ]);
    expect(path).toBe('unix:/run/example.sock');
  });

  it.each<[string, Partial<FrontScript>, [string, string]]>([
    ['a variable', { vars: { request: 'POST / HTTP/1.1' } }, ['s', 'POST / HTTP/1.1']],
    ['a variable that is not set', {}, ['z', '']],
  ])('reads %s', (_, script, value) => {
    const plugin = { Reads: { access: ['kong.nginx.get_var request'] } };
    const { frames } = runFront({ plugin, connections: [answering(NOTHING_TO_DO)], ...script });
    expect(frames[0]!.values).toEqual([value]);
  });

  it.each<[string, unknown[], [string, string]]>([
    ['a number', [8443], ['d', '8443']],
    ['true', [true], ['b', '1']],
    ['false', [false], ['b', '']],
    ['a table', [{ id: 'x' }], ['j', '{"id":"x"}']],
    ['bytes that are no text', ['\x00\xff\n'], ['s', '\x00\xff\n']],
    ['a failure', [null, 'no such thing'], ['e', 'no such thing']],
  ])('reads %s', (_, got, value) => {
    const plugin = { Reads: { access: ['kong.router.get_route'] } };
    const getters = { 'kong.router.get_route': got };
    const { frames } = runFront({ plugin, getters, connections: [answering(NOTHING_TO_DO)] });
    expect(frames[0]!.values).toEqual([value]);
  });

  it('passes a getter’s argument', () => {
    const plugin = { Reads: { access: ['kong.request.get_header x-a', 'kong.ctx.shared.get user'] } };
    const getters = { 'kong.request.get_header': { 'x-a': ['of x-a'] } as unknown as string[] };
    const shared = { user: 'anna' };
    const { frames } = runFront({ plugin, getters, shared, connections: [answering(NOTHING_TO_DO)] });
    expect(frames[0]!.values).toEqual([
      ['s', 'of x-a'],
      ['s', 'anna'],
    ]);
  });

  it('tells of a body that nginx has put into a file, and sends none of it', () => {
    const getters = { 'kong.request.get_raw_body': [null, 'request body did not fit'] };
    const { frames } = runFront({ getters, bodyFile: '/tmp/1', connections: [answering(NOTHING_TO_DO)] });
    expect(frames[0]!.values[2]).toEqual(['f', '']);
  });

  it('tells of a body beyond the largest frame, and sends none of it', () => {
    const getters = { 'kong.request.get_raw_body': ['x'.repeat(100)] };
    const plugin = { maxFrameBytes: 99 };
    const { frames } = runFront({ plugin, getters, connections: [answering(NOTHING_TO_DO)] });
    expect(frames[0]!.values[2]).toEqual(['o', '']);
  });

  it('carries out the calls in their order', () => {
    const reply = encodeReply(
      [
        ['kong.service.set_target', '127.0.0.1', 4566],
        ['kong.service.request.set_headers', { host: 'kinesis', cookie: [] }],
        ['kong.service.request.set_raw_body', BYTES],
        ['kong.ctx.shared.set', 'user', 'anna'],
        ['kong.response.set_headers', {}],
        ['kong.service.request.clear_header', 'te'],
      ],
      'signed \xff body',
    );
    const { calls, shared } = runFront({ connections: [answering(reply)] });
    expect(calls).toEqual([
      ['kong.service.set_target', '127.0.0.1', 4566],
      ['ngx.req.clear_header', 'cookie'],
      ['kong.service.request.set_headers', { host: 'kinesis' }],
      ['kong.service.request.set_raw_body', Buffer.from('signed \xff body').toString('latin1')],
      ['kong.response.set_headers', []],
      ['kong.service.request.clear_header', 'te'],
    ]);
    expect(shared).toEqual({ user: 'anna' });
  });

  it('answers at once where the plugin does', () => {
    const reply = encodeReply([
      ['kong.log.warn', 'throttled'],
      ['kong.response.exit', 429, 'slow down', { 'retry-after': '1' }],
      ['kong.service.set_target', 'not.reached', 1],
    ]);
    const { calls, logs } = runFront({ connections: [answering(reply)] });
    expect(calls).toEqual([['kong.response.exit', 429, 'slow down', { 'retry-after': '1' }]]);
    expect(logs).toEqual([['warn', 'throttled']]);
  });

  it('lets Kong answer 500 where it does not take a call', () => {
    const reply = encodeReply([
      ['kong.service.request.set_method', 'POST'],
      ['kong.service.request.set_scheme', 'https'],
    ]);
    const { calls, failure } = runFront({
      raises: 'kong.service.request.set_method',
      connections: [answering(reply)],
    });
    expect(calls).toEqual([['kong.service.request.set_method', 'POST']]);
    expect(failure).toMatch(/is not for this phase/);
  });

  describe('the configuration', () => {
    const hashOf = (conf: object, name = 'example') =>
      runFront({ conf, plugin: { Name: name }, connections: [answering(NOTHING_TO_DO)] }).frames[0]!.hash;

    it('goes along where the server has asked for it, once', () => {
      const conf = { stream: 'clicks' };
      const { frames, calls } = runFront({
        conf,
        connections: [
          answering(UNKNOWN_CONFIG, encodeReply([['kong.service.request.set_path', '/']], '', 2)),
        ],
      });
      expect(frames[0]!.config).toBe('');
      expect(JSON.parse(frames[1]!.config)).toEqual({ config: conf, reads: EXAMPLE.Reads });
      expect({ ...frames[1], id: 1, config: '' }).toEqual(frames[0]);
      expect(calls).toEqual([['kong.service.request.set_path', '/']]);
    });

    it('is refused where the server asks again', () => {
      const { calls } = runFront({
        connections: [answering(UNKNOWN_CONFIG, frame('u', undefined, '', 2))],
      });
      expect(calls).toEqual([INTERRUPTED]);
    });

    it('has one hash whatever the order of its fields and however often Kong has read it', () => {
      const conf = { a: 1, b: ['x', 'y'], c: { d: true } };
      expect(hashOf({ c: { d: true }, b: ['x', 'y'], a: 1, __seq__: 7 })).toBe(hashOf(conf));
    });

    it('has another hash where it differs', () => {
      const hashes = [{ a: 1 }, { a: '1' }, { a: ['1'] }, { b: 1 }, { a: 1, b: 1 }, { a: { b: 1 } }].map(
        (conf) => hashOf(conf),
      );
      expect(new Set([...hashes, hashOf({ a: 1 }, 'other')]).size).toBe(7);
    });

    it('has another hash for a front that carries something else', () => {
      const hash = (Reads: Record<string, string[]>) =>
        runFront({ plugin: { Reads }, connections: [answering(NOTHING_TO_DO)] }).frames[0]!.hash;
      expect(hash({ access: ['kong.request.get_raw_body'] })).not.toBe(
        hash({ access: ['kong.client.get_ip'] }),
      );
    });
  });

  it('sends a log phase’s frame when that phase is over, with its values', () => {
    const plugin = { Reads: { log: ['kong.response.get_status'] } };
    const { frames, calls, failure } = runFront({
      plugin,
      phase: 'log',
      isLogPhase: true,
      getters: { 'kong.response.get_status': [200] },
      connections: [answering(UNKNOWN_CONFIG, encodeReply([], '', 2))],
    });
    expect(failure).toBeUndefined();
    expect(frames.map(({ phase, values }) => [phase, values])).toEqual([
      ['log', [['d', '200']]],
      ['log', [['d', '200']]],
    ]);
    expect(calls).toEqual([]);
  });

  it('asks the plugin server that kong.conf names as the plugin, else the first', () => {
    const servers = [
      { name: 'first', socket: '/1' },
      { name: 'example', socket: '/2' },
    ];
    const pathWith = (pluginservers: typeof servers) =>
      runFront({ pluginservers, connections: [answering(NOTHING_TO_DO)] }).path;
    expect(pathWith(servers)).toBe('unix:/2');
    expect(pathWith(servers.slice(0, 1))).toBe('unix:/1');
  });

  it('bounds its waiting', () => {
    const { timeouts } = runFront({ connections: [answering(NOTHING_TO_DO)] });
    expect(timeouts).toEqual([1000, 35_000, 1000]);
  });
});
