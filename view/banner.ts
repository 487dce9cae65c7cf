/** What `npm start` prints when everything is up. */

import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DEFAULT_KINESIS_PORT } from '../sandbox/localEnvironment';
import { PACKAGE_ROOT } from '../testkit/packageRoot';
import { type Micro, STREAM } from './startMicro';

/** Only in a checkout: the package doesn't include the examples. */
const HAS_TAIL = existsSync(join(PACKAGE_ROOT, 'dist/examples/consumers/tail/main.js'));

export function printBanner(micro: Micro, configName: string, demo: boolean): void {
  const { gateway, kinesis, pluginServer, viewUrl, endpoint, region } = micro;
  const { port, url } = kinesis;
  const tail = port === DEFAULT_KINESIS_PORT ? 'npm run tail' : `KINESIS_PORT=${port} npm run tail`;
  const terminal = HAS_TAIL ? `\nThe stream in a terminal: ${tail}` : '';
  const elsewhere = endpoint === url ? '' : `\n  Events go to       ${endpoint}, as KINESIS_ENDPOINT says`;
  const shop = demo ? `\n  Demo shop          ${viewUrl}/shop/` : '';
  process.stdout.write(`
This is the sandbox, not Kong: it runs ${basename(configName)} and speaks Kong's plugin protocol, for laptops and tests.

  Live view          ${viewUrl}${shop}
  Gateway            ${gateway.proxyUrl}  (pid ${process.pid})
  Admin API          ${gateway.adminUrl}
  Plugin server      ${pluginServer.socketPath}  (pid ${pluginServer.pid})
  Embedded Kinesis   ${url}  (stream ${STREAM.name}, ${STREAM.shards} shards, ${region})${elsewhere}

Send an event, and see in the live view what becomes of it:

  curl -i ${gateway.proxyUrl}/events -H 'Content-Type: application/json' -d '{"type":"click","target":"buy"}'

Pages on http://localhost and http://127.0.0.1, at any port, may read their answers; in Kong cors has to name them.${terminal}

Ctrl-C ends everything.
`);
}
