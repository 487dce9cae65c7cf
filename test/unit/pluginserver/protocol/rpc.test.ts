/** The messages around PDK calls: what Kong asks of the plugin server, and what it is answered. */

import { describe, expect, it, test } from 'vitest';
import { RpcCallCodec, RpcReturnCodec } from '../../../../pluginserver/protocol/rpc';
import { kongDecode, kongEncode } from '../../../support/pluginserver/kongProtocol';
import { bytesOf, field, reversed, UNKNOWN_FIELDS } from '../../../support/pluginserver/protobufBytes';
import { RPC_CALLS, RPC_RETURNS } from '../../../support/pluginserver/samples';

describe('RpcCall', () => {
  it.each(RPC_CALLS)('$ours.command is read from what Kong writes', ({ ours, kong }) => {
    const written = kongEncode('RpcCall', kong);
    for (const bytes of [written, reversed(written), Buffer.concat([...UNKNOWN_FIELDS, written])])
      expect({ ...RpcCallCodec.decode(bytes) }).toMatchObject({ ...ours });
  });

  it.each(RPC_CALLS)('$ours.command is written as Kong would', ({ ours, kong }) => {
    expect(kongDecode('RpcCall', bytesOf(RpcCallCodec.encode(ours)))).toMatchObject(kong);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a sequence number alone', Buffer.from([0x08, 0x01])],
    ['an unknown command', Buffer.concat([Buffer.from([0x08, 0x01]), field(37, 'x')])],
    ['a command of the wrong wire type', Buffer.from([0xa0, 0x02, 0x01])],
    ['text', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a command cut short', field(36, Buffer.from([0x08]))],
    ['a command that announces more than there is', Buffer.from([0xa2, 0x02, 0x7f, 0x08, 0x07])],
    ['a sequence number without end', Buffer.alloc(12, 0xff)],
    [
      'a field that outgrows its command',
      Buffer.from([0xa2, 0x02, 0x04, 0x08, 0x07, 0x12, 0x06, ...Buffer.from('access')]),
    ],
    ['field number 0', Buffer.concat([Buffer.from([0x00, 0x00]), field(36, Buffer.from([0x08, 0x07]))])],
    ['a group that never ends', Buffer.concat([field(36, Buffer.from([0x08, 0x07])), Buffer.from([0x1b])])],
    ['wire type 7', Buffer.concat([field(36, Buffer.from([0x08, 0x07])), Buffer.from([0x1f])])],
  ])('raises on %s', (_, bytes) => {
    expect(() => RpcCallCodec.decode(bytes)).toThrow();
  });
});

describe('RpcReturn', () => {
  it.each(RPC_RETURNS)('is read by Kong: %j', ({ ours, kong }) => {
    const received = kongDecode('RpcReturn', bytesOf(RpcReturnCodec.encode(ours)));
    expect(received).toEqual(kong);
  });

  it('is read back as far as the sandbox needs it, in any order', () => {
    for (const { ours, kong } of RPC_RETURNS) {
      const { sequence, instanceStatus } = ours;
      const expected = instanceStatus === undefined ? { sequence } : { sequence, instanceStatus };
      expect(RpcReturnCodec.decode(kongEncode('RpcReturn', kong))).toEqual(expected);
      expect(RpcReturnCodec.decode(reversed(kongEncode('RpcReturn', kong)))).toEqual(expected);
    }
  });
});
