import type { Codec } from '../../pluginserver/protocol/codec';
import type { Encoded } from '../../pluginserver/protocol/frames';
import { METHODS } from '../../pluginserver/protocol/methods';
import { createRpcClient, EXIT, type Execute } from '../../sandbox/kong/rpcClient';
import { type KongSide, pdkAnswers } from './kongSide';

const NOTHING = new Uint8Array(0);

/** Kong's side of ProtoBuf:1, with answers encoded in advance so that the generator costs little. */
export function protobufKongSide(socketPath: string): KongSide {
  const client = createRpcClient(socketPath);
  let encodedFor: Buffer | undefined;
  let answers = new Map<string, Encoded>();

  const execute: Execute = (method) => {
    if (method === 'kong.response.exit') return EXIT;
    return answers.get(method) ?? NOTHING;
  };

  return {
    startInstance: (name, config) => client.startInstance(name, Buffer.from(JSON.stringify(config))),
    handleEvent(instanceId, body) {
      if (body !== encodedFor) {
        answers = encodeAnswers(body);
        encodedFor = body;
      }
      return client.handleEvent(instanceId, 'access', execute);
    },
    close: () => client.close(),
  };
}

function encodeAnswers(body: Buffer): Map<string, Encoded> {
  const encoded = new Map<string, Encoded>();
  for (const [method, answer] of Object.entries(pdkAnswers(body))) {
    const { result } = METHODS[method as keyof typeof METHODS];
    encoded.set(method, (result as Codec<unknown>).encode(answer));
  }
  return encoded;
}
