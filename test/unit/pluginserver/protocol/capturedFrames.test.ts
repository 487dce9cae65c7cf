import { describe, expect, it } from 'vitest';
import { METHODS, type MethodName } from '../../../../pluginserver/protocol/methods';
import { RpcCallCodec } from '../../../../pluginserver/protocol/rpc';
import {
  CAPTURED_FRAMES,
  CAPTURED_INSTANCE_ID,
  methodIn,
} from '../../../support/pluginserver/capturedFrames';
import { KONG_SERVICE, kongDecode } from '../../../support/pluginserver/kongProtocol';
import { bytesOf } from '../../../support/pluginserver/protobufBytes';

const ofKind = (kind: string) => CAPTURED_FRAMES.filter(({ what }) => what.startsWith(kind));
const REQUEST_ID = expect.stringMatching(/^[0-9a-f]{32}$/);
const HEADERS_OF_CURL = {
  host: '127.0.0.1:8100',
  'user-agent': 'curl/7.88.1',
  accept: '*/*',
  'content-length': '16',
};
const SERVICE_ID = 'b0635263-518e-5dc4-bd2c-930455b35526';

/** What Kong answered, by method, in the order of the capture. */
const ANSWERS: Partial<Record<MethodName, unknown[]>> = {
  'kong.client.get_ip': ['127.0.0.1', '127.0.0.1'],
  'kong.client.get_forwarded_ip': ['127.0.0.1', '127.0.0.1'],
  'kong.request.get_method': ['POST', 'POST'],
  'kong.request.get_scheme': ['http', 'http'],
  'kong.request.get_host': ['127.0.0.1', '127.0.0.1'],
  'kong.request.get_path': ['/pb', '/pb'],
  'kong.request.get_raw_query': ['a=1&b=x%20y&b=z', ''],
  'kong.request.get_query': [{ a: '1', b: ['x y', 'z'] }, {}],
  'kong.request.get_query_arg': ['1', undefined, undefined, undefined],
  'kong.request.get_headers': [
    {
      ...HEADERS_OF_CURL,
      'content-type': 'application/json',
      'x-multi': ['one', 'two'],
      cookie: 'uid=abc',
    },
    { ...HEADERS_OF_CURL, 'content-type': 'application/x-www-form-urlencoded' },
  ],
  'kong.request.get_header': ['curl/7.88.1', undefined, 'curl/7.88.1', undefined],
  'kong.request.get_raw_body': [
    { content: Buffer.from('{"type":"click"}') },
    { bodyFilepath: '/usr/local/kong/client_body_temp/0000000001' },
    { content: Buffer.from('{bad') },
    { content: Buffer.from('{"type":"click"}') },
  ],
  'kong.nginx.get_var': ['127.0.0.1', REQUEST_ID, '127.0.0.1', REQUEST_ID],
  'kong.router.get_route': Array(2).fill({
    id: 'bc5291ac-72ab-5319-87bd-05a401e83d80',
    name: 'pb',
    protocols: ['http', 'https'],
    methods: [],
    hosts: [],
    paths: ['/pb'],
    stripPath: true,
    preserveHost: false,
    tags: [],
    service: { id: SERVICE_ID },
  }),
  'kong.router.get_service': Array(2).fill({
    id: SERVICE_ID,
    name: 'kinesis',
    protocol: 'http',
    host: '127.0.0.1',
    port: 9099,
    path: '/',
    tags: [],
  }),
  'kong.ctx.shared.set': [undefined, undefined],
  'kong.ctx.shared.get': ['v', 'v'],
  'kong.log.notice': [undefined, undefined],
  'kong.service.set_target': [undefined, undefined],
  'kong.service.request.set_scheme': [undefined, undefined],
  'kong.service.request.set_path': [undefined, undefined],
  'kong.service.request.set_method': [undefined, undefined],
  'kong.service.request.set_raw_query': [undefined, undefined],
  'kong.service.request.set_raw_body': [undefined, undefined],
  'kong.service.request.set_headers': [undefined, undefined],
  'kong.response.set_headers': [undefined, undefined],
};

describe('frames of a real Kong', () => {
  it('has an expectation for every answer in the capture', () => {
    const captured = new Set(ofKind('answer of').map(({ what }) => methodIn(what)));
    expect(Object.keys(ANSWERS).sort()).toEqual([...captured].sort());
  });

  it.each(Object.entries(ANSWERS))('an answer of %s is read', (name, expected) => {
    const frames = ofKind(`answer of ${name}`).filter(({ what }) => methodIn(what) === name);
    const answers = frames.map(({ bytes }) => METHODS[name as MethodName].result.decode(bytes));
    expect(answers.map((answer) => (isStruct(answer) ? { ...answer } : answer))).toEqual(expected);
  });

  const isStruct = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;

  it('its calls are read: fields in any order, the sequence last', () => {
    const calls = ofKind('RpcCall').map(({ bytes }) => {
      const call = RpcCallCodec.decode(bytes);
      const { command, sequence } = call;
      if (command === 'startInstance')
        return [sequence, command, call.name, JSON.parse(Buffer.from(call.config).toString()).stream];
      return command === 'handleEvent'
        ? [sequence, command, call.instanceId, call.eventName]
        : [sequence, command, 'instanceId' in call && call.instanceId];
    });
    expect(calls).toEqual([
      [2, 'startInstance', 'kinesis-proto', 'events'],
      [3, 'handleEvent', CAPTURED_INSTANCE_ID, 'access'],
      [4, 'handleEvent', CAPTURED_INSTANCE_ID, 'access'],
      [5, 'handleEvent', CAPTURED_INSTANCE_ID, 'access'],
      [6, 'startInstance', 'kinesis-proto', 'changed'],
      [7, 'closeInstance', CAPTURED_INSTANCE_ID],
      [8, 'handleEvent', CAPTURED_INSTANCE_ID, 'access'],
    ]);
  });

  it.each(ofKind('arguments of').map((frame) => [frame.index, methodIn(frame.what)!, frame.bytes] as const))(
    'frame %i, the arguments of %s, is written as it was captured',
    (_, name, bytes) => {
      const codec = METHODS[name as MethodName].args;
      const encoded = bytesOf((codec.encode as (args: unknown) => Buffer)(codec.decode(bytes)));
      // The capture's encoder wrote an empty string; ours leaves it out, as protobuf wants defaults to be.
      if (bytes.equals(Buffer.from([0x0a, 0x00]))) expect(encoded).toEqual(Buffer.alloc(0));
      else expect(encoded.toString('hex')).toBe(bytes.toString('hex'));
      const type = KONG_SERVICE.get(name)![0];
      expect(kongDecode(type, encoded)).toEqual(kongDecode(type, bytes));
    },
  );

  it('every method of the capture is known by its name', () => {
    for (const { bytes } of ofKind('method name')) expect(Object.keys(METHODS)).toContain(bytes.toString());
  });
});
