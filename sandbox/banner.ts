/** What the sandbox says when it is up. */

import { basename } from 'node:path';
import type { Kinesis } from '../testkit/kinesis/startKinesis';
import type { StartedPluginServer } from '../testkit/pluginServer';
import type { Gateway } from './gateway';
import { DEFAULT_KINESIS_PORT } from './localEnvironment';

export interface Running {
  gateway: Gateway;
  kinesis: Kinesis;
  pluginServer: StartedPluginServer;
  configName: string;
  stream: { name: string; shards: number };
  region: string;
  /** Where events go: the embedded Kinesis, unless KINESIS_ENDPOINT says otherwise. */
  endpoint: string;
}

export function printBanner({
  gateway,
  kinesis,
  pluginServer,
  configName,
  stream,
  region,
  endpoint,
}: Running): void {
  const { port, url } = kinesis;
  const tail = port === DEFAULT_KINESIS_PORT ? 'npm run tail' : `KINESIS_PORT=${port} npm run tail`;
  const elsewhere = endpoint === url ? '' : `\n  Events go to       ${endpoint}, as KINESIS_ENDPOINT says`;
  process.stdout.write(`
This is the sandbox, not Kong: it runs ${basename(configName)} and speaks Kong's plugin protocol, for laptops and tests.

  Gateway            ${gateway.proxyUrl}  (pid ${process.pid})
  Admin API          ${gateway.adminUrl}
  Plugin server      ${pluginServer.socketPath}  (pid ${pluginServer.pid})
  Embedded Kinesis   ${url}  (stream ${stream.name}, ${stream.shards} shards, ${region})${elsewhere}

Watch what arrives, in another terminal:

  ${tail}

Send an event:

  curl -i ${gateway.proxyUrl}/events -H 'Content-Type: application/json' -d '{"type":"click","target":"buy"}'

Pages on http://localhost and http://127.0.0.1, at any port, may read their answers; in Kong cors has to name them.

Ctrl-C ends everything.
`);
}
