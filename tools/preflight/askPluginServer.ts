/** Asks a plugin server which plugins it hosts, over Kong's `ProtoBuf:1` protocol. */

import { connect } from 'node:net';
import { Reader } from 'protobufjs/minimal';
import { createFrameBatch, createFrameDecoder } from '../../pluginserver/protocol/frames';
import { RpcCallCodec } from '../../pluginserver/protocol/rpc';
import type { PluginServerProbe } from './Host';

const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** `RpcReturn.plugin_names`, a message whose field 1 is the names. */
const PLUGIN_NAMES_FIELD = 31;
const NAMES_FIELD = 1;

export function askPluginServer(socketPath: string, timeoutMs = TIMEOUT_MS): Promise<PluginServerProbe> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const end = (probe: PluginServerProbe) => {
      socket.destroy();
      resolve(probe);
    };
    const noAnswer = () => end({ answered: false, code: 'no answer to Kong’s protocol' });
    const decoder = createFrameDecoder(
      {
        frame(bytes) {
          try {
            end({ answered: true, plugins: pluginNamesOf(bytes) });
          } catch {
            noAnswer();
          }
        },
        oversizedFrame: noAnswer,
      },
      MAX_ANSWER_BYTES,
    );
    socket.setTimeout(timeoutMs, () => end({ answered: false, code: `nothing within ${timeoutMs} ms` }));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end({ answered: false, code: error.code ?? error.message }),
    );
    socket.on('close', noAnswer);
    socket.on('data', (chunk) => decoder.push(chunk));
    const call = createFrameBatch();
    call.frame(RpcCallCodec, { command: 'getPluginNames', sequence: 1 });
    for (const piece of call.take()) socket.write(piece);
  });
}

/** @throws Error if the bytes are not an answer in Kong's protocol */
function pluginNamesOf(bytes: Uint8Array): string[] {
  const reader = Reader.create(bytes);
  const names: string[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 !== PLUGIN_NAMES_FIELD) {
      reader.skipType(tag & 7);
      continue;
    }
    const end = reader.uint32() + reader.pos;
    while (reader.pos < end) {
      const inner = reader.uint32();
      if (inner >>> 3 === NAMES_FIELD) names.push(reader.string());
      else reader.skipType(inner & 7);
    }
  }
  return names;
}
