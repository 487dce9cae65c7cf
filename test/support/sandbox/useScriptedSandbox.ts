/** The sandbox between an upstream and a plugin server that both do as a test says, for all tests of a file. */

import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Gateway, startGateway } from '../../../sandbox/gateway';
import { type Answer, send } from '../http';
import { type Served, serve } from '../serve';
import { type Script, type ScriptedPluginServer, startScriptedPluginServer } from './scriptedPluginServer';

export interface UpstreamRequest {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface SandboxOptions {
  /** The route's, as they stand in a `kong.yml`. */
  plugins: string;
  /** The service's. Default: the upstream's. */
  url?: string;
  /** One more setting of the service. */
  service?: string;
  /** One more setting of the route. */
  route?: string;
  bodyBufferBytes?: number;
  maxBodyBytes?: number;
  allowsLocalOrigins?: boolean;
  /** Default: the scripted plugin server's. */
  socketPath?: string;
}

export interface ScriptedSandbox {
  readonly gateway: Gateway;
  readonly pluginServer: ScriptedPluginServer;
  readonly upstream: Served;
  /** What has come to the upstream in this test. */
  readonly seen: UpstreamRequest[];
  /** How the upstream answers in this test. Default: with a short JSON text. */
  answerUpstream: RequestListener;
  /** What the plugin server does with an event in this test. Default: ends it. */
  script: Script;
  start(options: SandboxOptions): Promise<Gateway>;
  /** Sends a request through the route. */
  post(headers?: Record<string, string>, body?: string): Promise<Answer>;
}

export interface HostedPlugin {
  name: string;
  priority: number;
  phases: string[];
  fields?: object[];
}

/** Hosted where a test names no other. */
const EXT_PLUGIN: HostedPlugin = {
  name: 'ext',
  priority: 750,
  phases: ['access'],
  fields: [{ note: { type: 'string' } }],
};
/** Its entry in a `kong.yml`. */
export const EXT = '{name: ext, instance_name: the-ext}';

export const CORS =
  '{name: cors, config: {origins: ["https://shop.test", "http://localhost(:[0-9]+)?"], credentials: true, exposed_headers: [X-User-Id]}}';
export const ORIGIN = { origin: 'https://shop.test' };
/** With which `CORS` lets a page of that origin read its answer. */
export const READABLE = {
  'access-control-allow-origin': 'https://shop.test',
  'access-control-allow-credentials': 'true',
};

/** The body of an answer of Kong's own. */
export const kongsError = (message: string) => ({
  message,
  request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
});

const answerShortly: RequestListener = (_, response) => {
  response.setHeader('content-type', 'application/json');
  response.setHeader('access-control-allow-origin', 'https://upstream.test');
  response.end('{"ok":true}');
};

const endEvent: Script = (call, peer) => peer.end(call);

/** @param plugins what the plugin server hosts */
export function useScriptedSandbox(plugins: HostedPlugin[] = [EXT_PLUGIN]): ScriptedSandbox {
  let upstream: Served;
  let pluginServer: ScriptedPluginServer;
  let gateway: Gateway | undefined;

  beforeAll(async () => {
    upstream = await serve(async (request, response) => {
      const { method, url, headers } = request;
      const body = await text(request).catch(() => undefined);
      if (body === undefined) return;
      sandbox.seen.push({ method: method!, url: url!, headers, body });
      sandbox.answerUpstream(request, response);
    });
    pluginServer = await startScriptedPluginServer((call, peer) => sandbox.script(call, peer));
  });

  afterAll(async () => {
    await upstream.close();
    await pluginServer.close();
  });

  afterEach(async () => {
    await gateway?.close();
    gateway = undefined;
    sandbox.seen.length = 0;
    sandbox.answerUpstream = answerShortly;
    sandbox.script = endEvent;
  });

  const sandbox: ScriptedSandbox = {
    get gateway() {
      return gateway!;
    },
    get pluginServer() {
      return pluginServer;
    },
    get upstream() {
      return upstream;
    },
    seen: [],
    answerUpstream: answerShortly,
    script: endEvent,
    async start({
      plugins: entries,
      url = sandbox.upstream.url,
      service = '',
      route = '',
      socketPath,
      ...options
    }) {
      await gateway?.close();
      gateway = await startGateway({
        config: `
_format_version: "3.0"
services:
  - name: s
    url: ${url}
    ${service}
    routes:
      - {name: e, paths: [/events], methods: [POST, OPTIONS], plugins: [${entries}], ${route}}
`,
        proxyPort: 0,
        adminPort: 0,
        pluginServers: plugins.map((plugin) => ({
          socketPath: socketPath ?? pluginServer.socketPath,
          description: descriptionOf(plugin),
        })),
        log: pino({ level: 'silent' }),
        ...options,
      });
      return gateway;
    },
    post: (headers = {}, body = '{}') => send(`${sandbox.gateway.proxyUrl}/events/x?q=1`, { headers, body }),
  };
  return sandbox;
}

function descriptionOf({ name, priority, phases, fields = [] }: HostedPlugin) {
  const Schema = { name, fields: [{ config: { type: 'record', fields } }] };
  return {
    Protocol: 'ProtoBuf:1',
    Plugins: [{ Name: name, Version: '1', Priority: priority, Phases: phases, Schema }],
  };
}
