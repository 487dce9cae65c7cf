/** A container's stand-in for a Kong node and its plugin server: says whom it sees, and whether it is ready. */

import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { hostname } from 'node:os';

createServer((incoming, outgoing) => {
  incoming.resume().on('end', () => {
    const from = incoming.socket.remoteAddress.replace('::ffff:', '');
    outgoing.end(JSON.stringify({ node: hostname(), from, headers: incoming.headers }));
  });
}).listen(8000);
createServer((_, outgoing) => outgoing.writeHead(existsSync('/tmp/unready') ? 503 : 200).end()).listen(8100);
createServer((_, outgoing) => outgoing.end()).listen(9464);
process.on('SIGTERM', () => process.exit());
