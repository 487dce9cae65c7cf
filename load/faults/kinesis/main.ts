/** A stand-in for Kinesis in a process of its own: keeps the ids of what it stored, checks every call, fails on demand. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { signatureFault } from '../../../test/support/verifySignature';
import { keyFacts, keysOf } from '../keys';
import type { Failure, StandInStats } from './failure';
import { type InspectedCall, inspectCall } from './inspectCall';

/** Signatures verified in a second; all others are checked in form only, to leave the processor to those under test. */
const VERIFIED_PER_SECOND = 60;
const MAX_EXAMPLES = 10;
/** AWS's own limit. */
const MAX_SKEW_MS = 5 * 60_000;

const stored: string[] = [];
const stats: StandInStats = { calls: 0, records: 0, signaturesVerified: 0, violations: 0, examples: [] };
let failure: Failure = { kind: 'none' };
let toVerify = VERIFIED_PER_SECOND;
setInterval(() => {
  toVerify = VERIFIED_PER_SECOND;
}, 1000);

const kinesis = createServer((request, response) => {
  void readBody(request).then(
    (body) => answer(request, response, body),
    () => response.destroy(),
  );
});
kinesis.keepAliveTimeout = 60_000;

async function answer(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
  stats.calls++;
  const call = inspectCall({ method: request.method!, headers: request.headers, body });
  if (call.violation !== undefined) violated(call.violation);
  else verifySome(request, call, body);
  const { kind } = failure;
  const now = Date.now() + (failure.kind === 'skew' ? failure.ms : 0);
  response.setHeader('content-type', 'application/x-amz-json-1.1');
  response.setHeader('date', new Date(now).toUTCString());

  const refusal = refusalOf(call, signedAt(request), now);
  if (refusal !== undefined) return refuse(response, refusal.status, refusal.type);
  const text = put(call);
  if (text === undefined) return refuse(response, 400, 'ProvisionedThroughputExceededException');
  if (kind === 'delay') await delay((failure as Failure & { kind: 'delay' }).ms);
  if (kind !== 'cut') return void response.end(text);
  response.setHeader('content-length', text.length);
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

function refusalOf({ accessKeyId = '' }: InspectedCall, signedAt: number, now: number) {
  if (failure.kind === 'status') return { status: failure.status, type: 'InternalFailure' };
  if (Math.abs(signedAt - now) > MAX_SKEW_MS) return { status: 400, type: 'InvalidSignatureException' };
  const key = keyFacts(accessKeyId);
  if (key === undefined) return { status: 400, type: 'UnrecognizedClientException' };
  const revoked = failure.kind === 'revoked' && key.number <= failure.upTo;
  return revoked || now > key.expires ? { status: 400, type: 'ExpiredTokenException' } : undefined;
}

/** @returns the answer; undefined where the one record of a PutRecord is throttled */
function put({ ids, several }: InspectedCall): string | undefined {
  const share = failure.kind === 'throttle' ? failure.share : 0;
  const results = ids.map((id) => {
    if (Math.random() < share)
      return { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded' };
    stats.records = stored.push(id);
    return { SequenceNumber: String(stats.records), ShardId: 'shardId-000000000000' };
  });
  if (!several) return 'ErrorCode' in results[0]! ? undefined : JSON.stringify(results[0]);
  return JSON.stringify({
    FailedRecordCount: results.filter((result) => 'ErrorCode' in result).length,
    Records: results,
  });
}

function refuse(response: ServerResponse, status: number, type: string): void {
  response.statusCode = status;
  response.end(JSON.stringify({ __type: type, message: 'as this test has it' }));
}

function signedAt({ headers }: IncomingMessage): number {
  const date = String(headers['x-amz-date']);
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function verifySome(request: IncomingMessage, { accessKeyId }: InspectedCall, body: Buffer): void {
  if (toVerify <= 0) return;
  toVerify--;
  const headers = request.headers as Record<string, string | undefined>;
  signatureFault({ method: request.method!, url: request.url!, headers, body }, keysOf(accessKeyId!)).then(
    (fault) => {
      stats.signaturesVerified++;
      if (fault !== undefined) violated(fault);
    },
    (error) => violated(String(error)),
  );
}

function violated(what: string): void {
  stats.violations++;
  if (stats.examples.length < MAX_EXAMPLES) stats.examples.push(what);
}

const control = createServer((request, response) => {
  void controlled(request).then((answered) => response.end(JSON.stringify(answered)));
});

async function controlled(request: IncomingMessage): Promise<unknown> {
  const url = new URL(request.url!, 'http://localhost');
  if (request.method === 'PUT') return fail(JSON.parse((await readBody(request)).toString()) as Failure);
  return url.pathname === '/stats' ? stats : stored.slice(Number(url.searchParams.get('from')));
}

async function fail(next: Failure): Promise<Failure> {
  if (next.kind === 'down' && kinesis.listening) {
    kinesis.close();
    kinesis.closeAllConnections();
  }
  failure = next;
  if (next.kind !== 'down' && !kinesis.listening) await listen(kinesis, port);
  return failure;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function listen(server: typeof kinesis, at: number): Promise<number> {
  server.listen({ port: at, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

let port = 0;
async function main(): Promise<void> {
  port = await listen(kinesis, 0);
  const controlPort = await listen(control, 0);
  process.stdout.write(`${JSON.stringify({ port, controlPort })}\n`);
}

process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
void main();
