import { connectMsgpackKong, type MsgpackKong } from '../../test/support/msgpackKong';
import type { Body } from './bodies';
import { type KongSide, type Outcome, oncePerBody, pdkAnswers } from './kongSide';

/** Kong's side of MsgPack:1: one call at a time on each connection, headers as a map of lists, the body as bytes. */
export async function msgpackKongSide(socketPath: string, connections: number): Promise<KongSide> {
  const all = await Promise.all(Array.from({ length: connections }, () => connectMsgpackKong(socketPath)));
  const idle = [...all];
  const answersFor = oncePerBody(msgpackAnswers);
  let roundTrips = 0;

  async function borrow<T>(use: (kong: MsgpackKong) => Promise<T>): Promise<T> {
    const kong = idle.pop();
    if (kong === undefined) throw new Error('more events at once than connections');
    try {
      return await use(kong);
    } finally {
      idle.push(kong);
    }
  }

  return {
    get roundTrips() {
      return roundTrips;
    },
    startInstance: (name, config) => borrow((kong) => kong.startInstance(name, config)),
    handleEvent(instanceId, body) {
      const answers = answersFor(body);
      let outcome: Outcome = 'returned';
      return borrow(async (kong) => {
        await kong.handleEvent(instanceId, 'access', (method) => {
          roundTrips++;
          if (method === 'kong.response.exit') outcome = 'exited';
          return answers[method];
        });
        return outcome;
      });
    },
    close() {
      for (const kong of all) kong.close();
    },
  };
}

function msgpackAnswers(body: Body): Record<string, unknown> {
  const answers = pdkAnswers(body);
  const headers = Object.entries(answers['kong.request.get_headers'] as Record<string, string>);
  return {
    ...answers,
    'kong.request.get_headers': Object.fromEntries(headers.map(([name, value]) => [name, [value]])),
    'kong.request.get_raw_body': body.bytes,
  };
}
