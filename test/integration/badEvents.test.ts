/** `npm run bad-events`: counts what was refused, and sends it again through the door, once per event id. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { countBadEvents, type ReplayOptions, replayBadEvents } from '../../examples/bad-events/replay';
import { type Checkpoints, fileCheckpoints } from '../../examples/consumers/plain/checkpoints';
import { TEST_CREDENTIALS, TEST_CREDENTIALS_ENV } from '../../testkit/keys';
import { compiled } from '../../testkit/packageRoot';
import { send } from '../support/http';
import { until } from '../support/until';
import { withDelivery } from '../support/useAttackedGateway';
import { useGateway } from '../support/useGateway';

const BAD = 'bad';
const run = promisify(execFile);
const stack = useGateway({
  config: withDelivery('batch', { bad_events_stream: BAD, max_event_bytes: 200_000 }),
});

let folder: string;
let client: KinesisClient;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bad-events-'));
  client = new KinesisClient({
    endpoint: stack.kinesis.url,
    region: 'us-east-1',
    credentials: TEST_CREDENTIALS,
  });
});
afterAll(async () => {
  client.destroy();
  await rm(folder, { recursive: true });
});

/** Two that can be repaired, one of which makes two events, one that can't, and one that was cut off. */
const BODIES: [body: string, type: string][] = [
  ['{"type":"click","n":12345678901234567890,}', 'application/json'],
  ['[{"type":"a"},{"type":"b","messageId":"own"}]', 'application/xml'],
  ['nonsense', 'application/json'],
  [`{"text":"${'x'.repeat(100_000)}",}`, 'application/json'],
];

beforeEach(async () => {
  stack.kinesis.forget();
  for (const [body, type] of BODIES)
    await send(`${stack.gateway.proxyUrl}/events`, { headers: { 'content-type': type }, body });
  await until('the bad events are stored', () => stack.kinesis.stored.length >= BODIES.length);
});

const events = () =>
  stack.kinesis.stored
    .filter(({ stream }) => stream !== BAD)
    .map(({ data }) => JSON.parse(data) as { event_id: string; type: string });

async function badEvents(...args: string[]): Promise<string> {
  const { stdout } = await run(
    process.execPath,
    [
      compiled('examples/bad-events/main.js'),
      BAD,
      ...['--endpoint', stack.kinesis.url],
      ...['--to', `${stack.gateway.proxyUrl}/events`],
      ...args,
    ],
    { env: { PATH: process.env.PATH, AWS_REGION: 'us-east-1', ...TEST_CREDENTIALS_ENV } },
  );
  return stdout;
}

describe('the command', () => {
  const REPAIR = ['--with', 'examples/bad-events/repair.mjs'];

  test('counts, and sends nothing before it is told to', async () => {
    const state = ['--state', path.join(folder, 'dry.json')];
    const counted = await badEvents(...state);
    expect(counted).toMatch(/invalid_json +│ 3 +│ 1 +│ \d{4}-/);
    expect(counted).toMatch(/unsupported_media_type +│ 1 +│ 0 /);
    expect(counted).not.toContain('would be sent');
    expect(await badEvents(...state, ...REPAIR)).toContain('3 events would be sent; --send sends them');
    expect(events()).toEqual([]);
  });

  test('sends each event once per event id, however often it runs', async () => {
    const state = path.join(folder, 'sent.json');
    expect(await badEvents('--state', state, ...REPAIR, '--send')).toContain('stored: 3');
    const ids = events().map(({ event_id }) => event_id);
    expect(
      events()
        .map(({ type }) => type)
        .sort(),
    ).toEqual(['a', 'b', 'click']);
    expect(ids).toContain('own');
    expect(new Set(ids).size).toBe(3);

    expect(await badEvents('--state', state, ...REPAIR, '--send')).not.toContain('stored');
    expect(events()).toHaveLength(3);

    await badEvents('--state', path.join(folder, 'lost.json'), ...REPAIR, '--send');
    expect(events()).toHaveLength(6);
    expect(new Set(events().map(({ event_id }) => event_id))).toEqual(new Set(ids));
  });

  test('says what is wrong with a module', async () => {
    const file = path.join(folder, 'wrong.mjs');
    await writeFile(file, 'export const repair = 1;');
    await expect(badEvents('--with', file)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has no function as its default export'),
    });
  });
});

describe('sending again', () => {
  let checkpoints: Checkpoints;
  let count = 0;
  beforeEach(async () => {
    checkpoints = await fileCheckpoints(path.join(folder, `checkpoints-${count++}.json`));
  });
  const options = (more: Partial<ReplayOptions> = {}): ReplayOptions => ({
    client,
    stream: BAD,
    checkpoints,
    until: new Date(),
    url: `${stack.gateway.proxyUrl}/events`,
    headers: {},
    transform: (_, bytes) => ({ length: bytes.length }),
    ...more,
  });

  test('goes on where it broke off', async () => {
    await expect(replayBadEvents(options({ url: 'http://127.0.0.1:1/', attempts: 1 }))).rejects.toThrow(
      'takes nothing',
    );
    expect(await checkpoints.get('shardId-000000000000')).toBeUndefined();
    expect(await replayBadEvents(options())).toEqual(new Map([['stored', 4]]));
    expect(await replayBadEvents(options())).toEqual(new Map());
  });

  test('waits where the stream is throttled, and goes on', async () => {
    let calls = 0;
    stack.kinesis.script(({ operation }) =>
      operation === 'GetRecords' && calls++ === 0
        ? { status: 400, type: 'ProvisionedThroughputExceededException' }
        : undefined,
    );
    expect(await countBadEvents(options())).toHaveProperty('size', 2);
    stack.kinesis.script(() => undefined);
  });

  test('counts what is refused once more, and leaves it to the next run', async () => {
    const deep = `${'{"a":'.repeat(150)}1${'}'.repeat(150)}`;
    expect(await replayBadEvents(options({ transform: () => deep }))).toEqual(new Map([['too_deep', 4]]));
    await until('they are bad events again', () => stack.kinesis.stored.length === 8);
    expect(await replayBadEvents(options())).toEqual(new Map([['stored', 4]]));
  });

  test.each([
    [
      'fails',
      () => {
        throw new Error('oh');
      },
      /at shardId-000000000000:\d+: oh/,
    ],
    ['makes no object', () => '[]', /is no object/],
    ['makes no JSON', () => '{', /the transformation failed at/],
  ])('ends before anything is sent when the transformation %s', async (_, transform, message) => {
    await expect(replayBadEvents(options({ transform: transform as () => string }))).rejects.toThrow(message);
    expect(events()).toEqual([]);
  });
});
