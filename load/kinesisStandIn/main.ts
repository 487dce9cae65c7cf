/**
 * A fast stand-in for Kinesis: answers PutRecord and PutRecords, counts the records, verifies signatures.
 *
 * The embedded Kinesis of `npm start` carries some 140 records a second; a load test needs more.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Command } from 'commander';
import type { CapturedRequest } from '../../test/support/capturingKinesis';
import { signatureFault } from '../../test/support/verifySignature';

export interface StandInStats {
  requests: number;
  records: number;
  bytes: number;
  signaturesVerified: number;
  signaturesWrong: number;
  /** Not verified because the verifier was behind. */
  signaturesSkipped: number;
}

/** Verifications under way at once; what comes beyond is counted as skipped, so that answers aren't held up. */
const MAX_VERIFICATIONS = 64;

const options = new Command('kinesis-stand-in')
  .option('--port <port>', 'port on loopback, 0 for a free one', Number, 0)
  .option('--region <region>', 'region that requests must be signed for', 'us-east-1')
  .parse()
  .opts<{ port: number; region: string }>();

const credentials = {
  accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? '',
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? '',
  ...(process.env.AWS_SESSION_TOKEN !== undefined && { sessionToken: process.env.AWS_SESSION_TOKEN }),
};

const stats: StandInStats = {
  requests: 0,
  records: 0,
  bytes: 0,
  signaturesVerified: 0,
  signaturesWrong: 0,
  signaturesSkipped: 0,
};
let verifying = 0;

const server = createServer((request, response) => {
  if (request.url === '/stats') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(stats));
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    stats.requests++;
    stats.bytes += body.length;
    if (verifying >= MAX_VERIFICATIONS) stats.signaturesSkipped++;
    else {
      verifying++;
      const headers = request.headers as CapturedRequest['headers'];
      signatureFault(
        { method: request.method!, url: request.url!, headers, body },
        credentials,
        options.region,
      )
        .then((fault) => {
          if (fault === undefined) stats.signaturesVerified++;
          else stats.signaturesWrong++;
        })
        .catch(() => stats.signaturesWrong++)
        .finally(() => verifying--);
    }
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(answerTo(request.headers['x-amz-target'], body));
  });
});

function answerTo(target: string | string[] | undefined, body: Buffer): string {
  const stored = () => ({ SequenceNumber: String(++stats.records), ShardId: 'shardId-000000000000' });
  if (target === 'Kinesis_20131202.PutRecord') return JSON.stringify(stored());
  const { Records } = JSON.parse(body.toString()) as { Records: unknown[] };
  return JSON.stringify({ FailedRecordCount: 0, Records: Records.map(stored) });
}

server.keepAliveTimeout = 60_000;
server.listen(options.port, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
