import type { Codec } from '../../pluginserver/protocol/codec';
import type { Encoded } from '../../pluginserver/protocol/frames';
import { METHODS } from '../../pluginserver/protocol/methods';
import { createRpcClient, EXIT, type Execute } from '../../sandbox/kong/rpcClient';
import type { Body } from './bodies';
import { type KongSide, oncePerBody, pdkAnswers } from './kongSide';

const NOTHING = new Uint8Array(0);

/** Kong's side of ProtoBuf:1, with answers encoded in advance so that the generator costs little. */
export function protobufKongSide(socketPath: string): KongSide {
  const client = createRpcClient(socketPath);
  let roundTrips = 0;
  let inRoundTrip = false;

  const executorFor = oncePerBody((body): Execute => {
    const answers = encodeAnswers(body);
    return (method) => {
      countRoundTrip();
      return method === 'kong.response.exit' ? EXIT : (answers.get(method) ?? NOTHING);
    };
  });

  /** Frames that came in one chunk are handled before the next microtask. */
  function countRoundTrip(): void {
    if (inRoundTrip) return;
    inRoundTrip = true;
    roundTrips++;
    queueMicrotask(() => {
      inRoundTrip = false;
    });
  }

  return {
    get roundTrips() {
      return roundTrips;
    },
    startInstance: (name, config) => client.startInstance(name, Buffer.from(JSON.stringify(config))),
    handleEvent: (instanceId, body) => client.handleEvent(instanceId, 'access', executorFor(body)),
    close: () => client.close(),
  };
}

function encodeAnswers(body: Body): Map<string, Encoded> {
  const encoded = new Map<string, Encoded>();
  for (const [method, answer] of Object.entries(pdkAnswers(body))) {
    const { result } = METHODS[method as keyof typeof METHODS];
    encoded.set(method, (result as Codec<unknown>).encode(answer));
  }
  return encoded;
}
