/** The plugin server and its socket, as preflight finds them. */

import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RpcReturnCodec } from '../../../../pluginserver/protocol/rpc';
import { askPluginServer } from '../../../../tools/preflight/askPluginServer';
import { temporaryFolder } from '../../../support/pluginserver/hostPlugin';
import { testFindings } from '../../../support/tools/findings';

const SOCKET = '/run/kinesis-ingest/kinesis-ingest.sock';

testFindings({
  'socket-directory': [
    ['not installed', { states: { '/run/kinesis-ingest': undefined } }, 'warn', /is not there/],
    [
      'a file in its place',
      { states: { '/run/kinesis-ingest': { kind: 'other', uid: 0, gid: 0, mode: 0o644 } } },
      'fail',
      /is no directory/,
    ],
    [
      'writable by everybody',
      { states: { '/run/kinesis-ingest': { kind: 'directory', uid: 0, gid: 0, mode: 0o777 } } },
      'fail',
      /0777/,
    ],
    [
      'a socket for everybody in a directory for everybody',
      {
        states: {
          '/run/kinesis-ingest': { kind: 'directory', uid: 0, gid: 0, mode: 0o755 },
          [SOCKET]: { kind: 'socket', uid: 0, gid: 0, mode: 0o666 },
        },
      },
      'warn',
      /everybody on this machine/,
    ],
    [
      'a socket for everybody in a directory for Kong’s group',
      { states: { [SOCKET]: { kind: 'socket', uid: 0, gid: 0, mode: 0o666 } } },
      'pass',
      /0750/,
    ],
  ],
  'plugin-server': [
    ['not started', { states: { [SOCKET]: undefined } }, 'warn', /is not there/],
    [
      'a socket without a server',
      { askPluginServer: async () => ({ answered: false, code: 'ECONNREFUSED' }) },
      'fail',
      /ECONNREFUSED/,
    ],
    [
      'another user',
      { askPluginServer: async () => ({ answered: false, code: 'EACCES' }) },
      'warn',
      /this user/,
    ],
    [
      'another plugin',
      { askPluginServer: async () => ({ answered: true, plugins: ['other'] }) },
      'fail',
      /hosts other/,
    ],
  ],
});

describe('asking a plugin server', () => {
  async function serve(answer: (socket: net.Socket) => void): Promise<string> {
    const socketPath = path.join(temporaryFolder(), 'a.sock');
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => answer(socket));
    });
    server.listen(socketPath);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return socketPath;
  }

  function frame(bytes: Uint8Array): Buffer {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return Buffer.concat([length, bytes]);
  }

  test('reads the names of its plugins', async () => {
    const names = RpcReturnCodec.encode({ sequence: 1, pluginNames: ['one', 'kinesis-ingest'] });
    const socketPath = await serve((socket) => socket.write(frame(names as Uint8Array)));
    expect(await askPluginServer(socketPath)).toEqual({ answered: true, plugins: ['one', 'kinesis-ingest'] });
  });

  test.each([
    [
      'another protocol',
      (socket: net.Socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      /no answer/,
    ],
    [
      'bytes that are no message',
      (socket: net.Socket) => void socket.write(frame(Buffer.from([0xfa]))),
      /no answer/,
    ],
    ['a closed connection', (socket: net.Socket) => void socket.end(), /no answer/],
    ['silence', () => {}, /nothing within 50 ms/],
  ])('says what is wrong with %s', async (_, answer, code) => {
    const probe = await askPluginServer(await serve(answer), 50);
    expect(probe).toEqual({ answered: false, code: expect.stringMatching(code) });
  });

  test('says that nobody listens', async () => {
    expect(await askPluginServer(path.join(temporaryFolder(), 'none'))).toEqual({
      answered: false,
      code: 'ENOENT',
    });
  });
});
