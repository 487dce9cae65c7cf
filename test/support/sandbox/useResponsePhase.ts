/** Plugins with a response phase in the sandbox: each phase of each plugin follows a script of its own. */

import { beforeEach } from 'vitest';
import { METHODS, type MethodName } from '../../../pluginserver/protocol/methods';
import { type Answer, send } from '../http';
import type { Script } from './scriptedPluginServer';
import { ORIGIN, type ScriptedSandbox, useScriptedSandbox } from './useScriptedSandbox';

const CORS =
  '{name: cors, config: {origins: ["https://shop.test"], credentials: true, exposed_headers: [X-User-Id]}}';

export interface ResponsePhase {
  sandbox: ScriptedSandbox;
  /** By plugin and phase: `reply response`. */
  scripts: Record<string, Script>;
  /** Sends an event through a route with these plugins beside cors. */
  post(plugins?: string, url?: string): Promise<Answer>;
  /** The upstream answers as Kinesis does where it throttles. */
  throttles(): void;
}

export function useResponsePhase(): ResponsePhase {
  const scripts: Record<string, Script> = {};
  const sandbox = useScriptedSandbox([
    { name: 'ingest', priority: 750, phases: ['access'] },
    { name: 'reply', priority: 740, phases: ['response'] },
    { name: 'later', priority: 700, phases: ['access', 'response'] },
  ]);

  beforeEach(() => {
    for (const name of Object.keys(scripts)) delete scripts[name];
    sandbox.script = (call, peer) => {
      if (call.command !== 'handleEvent') throw new Error('not an event');
      // The scripted server gives ids in the order in which instances are started.
      const started = sandbox.pluginServer.calls.filter(({ command }) => command === 'startInstance');
      const { name } = started[call.instanceId - 1] as { name: string };
      return (scripts[`${name} ${call.eventName}`] ?? ((c, p) => p.end(c)))(call, peer);
    };
  });

  return {
    sandbox,
    scripts,
    async post(plugins = '{name: ingest}, {name: reply}', url = sandbox.upstream.url) {
      const { proxyUrl } = await sandbox.start({ plugins: `${CORS}, ${plugins}`, url });
      return send(`${proxyUrl}/events`, { headers: ORIGIN, body: '{}' });
    },
    throttles() {
      sandbox.answerUpstream = (_request, response) => {
        response.writeHead(400, {
          'content-type': 'application/x-amz-json-1.1',
          'x-amzn-RequestId': 'r-1',
          'x-user-id': 'of the upstream',
          'access-control-allow-origin': '*',
          vary: 'Accept',
          server: 'upstream',
          connection: 'keep-alive, x-hop',
          'x-hop': '1',
          via: '1.1 other',
        });
        response.write('{"__type":');
        response.end('"Throttled"}');
      };
    },
  };
}

/** Makes the calls, keeps what is answered, ends the event. */
export function calls(...made: [MethodName, ...unknown[]][]): {
  script: Script;
  answers: Record<string, unknown>;
} {
  const answers: Record<string, unknown> = {};
  const script: Script = async (call, peer) => {
    for (const [method, ...args] of made) {
      peer.write(peer.call(method, ...args));
      const { result } = METHODS[method] as { result: { decode(bytes: Uint8Array): unknown } };
      answers[[method, ...args].join(' ')] = result.decode(await peer.answer());
    }
    peer.end(call);
  };
  return { script, answers };
}

/** What an access phase does that has an id for the client. */
export const SETS_USER_ID = calls([
  'kong.response.set_headers',
  { 'X-User-Id': 'u-1', 'Set-Cookie': 'id=u-1' },
]).script;
