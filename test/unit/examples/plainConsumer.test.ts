/** The plain consumer: checkpoints, resharding, what it does when something fails. */

import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Checkpoints, fileCheckpoints, SHARD_END } from '../../../examples/consumers/plain/checkpoints';
import { consumeStream } from '../../../examples/consumers/plain/consumeStream';
import { type Line, openEventFile } from '../../../examples/consumers/plain/eventFile';
import { type ScriptedShards, scriptedShards } from '../../support/scriptedShards';
import { until } from '../../support/until';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'consumer-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** @returns what was handled when `enough` of it was there */
async function consume(
  { client }: ScriptedShards,
  checkpoints: Checkpoints,
  enough: number,
  limit = 2,
): Promise<string[]> {
  const handled: string[] = [];
  const stop = new AbortController();
  const running = consumeStream({
    client,
    stream: 'clickstream',
    checkpoints,
    limit,
    signal: stop.signal,
    handle: async (records) => void handled.push(...records.map(({ Data }) => Buffer.from(Data!).toString())),
  });
  await until(`${enough} records are handled`, () => handled.length >= enough);
  stop.abort();
  await running;
  return handled;
}

const checkpointsOf = () => fileCheckpoints(path.join(folder, 'checkpoints.json'));

describe('the plain consumer', () => {
  it('goes on after its checkpoint', async () => {
    const shards = [{ id: 's0', records: ['10', '11', '12'] }];
    const kinesis = scriptedShards(shards);
    expect(await consume(kinesis, await checkpointsOf(), 3)).toEqual(['10', '11', '12']);
    shards[0]!.records.push('13');
    expect(await consume(kinesis, await checkpointsOf(), 1)).toEqual(['13']);
    expect(kinesis.iterators).toEqual(['s0 TRIM_HORIZON', 's0 AFTER_SEQUENCE_NUMBER 12']);
  });

  it('reads the shards that a shard became after its end, and after a merge both ends', async () => {
    const kinesis = scriptedShards([
      { id: 's4', parents: ['s1', 's2'], records: ['40'] },
      { id: 's1', parents: ['s0'], records: ['20', '21', '22'], ends: true },
      { id: 's2', parents: ['s0'], records: ['30'], ends: true },
      { id: 's0', parents: ['gone'], records: ['10', '11', '12'], ends: true },
    ]);
    const checkpoints = await checkpointsOf();
    const handled = await consume(kinesis, checkpoints, 8);
    expect(handled.slice(0, 3)).toEqual(['10', '11', '12']);
    expect(handled.slice(3, 7).sort()).toEqual(['20', '21', '22', '30']);
    expect(handled.slice(7)).toEqual(['40']);
    expect(await Promise.all(['s0', 's1', 's2', 's4'].map(checkpoints.get))).toEqual([
      SHARD_END,
      SHARD_END,
      SHARD_END,
      '40',
    ]);
    expect(kinesis.iterators).toHaveLength(4);
  });

  it('begins no shard again that it has read to its end', async () => {
    const kinesis = scriptedShards([
      { id: 's0', records: ['10'], ends: true },
      { id: 's1', parents: ['s0'], records: ['20'] },
    ]);
    const checkpoints = await checkpointsOf();
    await checkpoints.set('s0', SHARD_END);
    expect(await consume(kinesis, await checkpointsOf(), 1)).toEqual(['20']);
    expect(kinesis.iterators).toEqual(['s1 TRIM_HORIZON']);
  });

  it.each(['expired', 'throttled'] as const)('loses nothing when a read is %s', async (how) => {
    const kinesis = scriptedShards([{ id: 's0', records: ['10', '11', '12'] }]);
    kinesis.failNext(how);
    expect(await consume(kinesis, await checkpointsOf(), 3)).toEqual(['10', '11', '12']);
    expect(kinesis.iterators).toHaveLength(how === 'expired' ? 2 : 1);
  });

  it('ends when handling fails, and the next one begins with the same records', async () => {
    const kinesis = scriptedShards([{ id: 's0', records: ['10', '11'] }]);
    const failing = consumeStream({
      client: kinesis.client,
      stream: 'clickstream',
      checkpoints: await checkpointsOf(),
      signal: new AbortController().signal,
      handle: async () => {
        throw new Error('no room');
      },
    });
    await expect(failing).rejects.toThrow('no room');
    expect(await consume(kinesis, await checkpointsOf(), 2)).toEqual(['10', '11']);
  });
});

describe('the file of events', () => {
  const record = (SequenceNumber: string, data: string) => ({
    SequenceNumber,
    Data: Buffer.from(data),
    PartitionKey: 'u',
  });
  const lines = async () =>
    (await readFile(path.join(folder, 'events'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);

  it('holds each event once, after a restart too, digit for digit', async () => {
    const big = '{"event_id":"a",\r\n"n":12345678901234567890}';
    let file = await openEventFile(path.join(folder, 'events'));
    await Promise.all([
      file.append([record('1', big), record('2', big)], 's0'),
      file.append([record('3', big)], 's1'),
    ]);
    await file.close();
    file = await openEventFile(path.join(folder, 'events'));
    await file.append([record('4', big), record('5', '{"event_id":"b"}')], 's0');
    await file.close();
    expect((await lines()).map(({ id, sequenceNumber }) => [id, sequenceNumber])).toEqual([
      ['a', '1'],
      ['b', '5'],
    ]);
    expect(await readFile(path.join(folder, 'events'), 'utf8')).toContain('"n":12345678901234567890}');
  });

  it('goes by the sequence number where there is no id, and keeps what is no JSON', async () => {
    const file = await openEventFile(path.join(folder, 'events'));
    await file.append([record('1', '{}'), record('2', 'no JSON'), record('1', '{}')], 's0');
    await file.close();
    const [first, second, ...others] = await lines();
    expect(first).toEqual({ id: '1', shard: 's0', sequenceNumber: '1', event: {} });
    expect(Buffer.from(second!.data!, 'base64').toString()).toBe('no JSON');
    expect(others).toEqual([]);
  });

  it('drops half a line, and takes its event again', async () => {
    let file = await openEventFile(path.join(folder, 'events'));
    await file.append([record('1', '{}')], 's0');
    await file.close();
    await appendFile(path.join(folder, 'events'), '{"id":"2","sha');
    file = await openEventFile(path.join(folder, 'events'));
    await file.append([record('2', '{}')], 's0');
    await file.close();
    expect((await lines()).map(({ id }) => id)).toEqual(['1', '2']);
  });

  it('forgets the oldest ids beyond what it may remember', async () => {
    const file = await openEventFile(path.join(folder, 'events'), 2);
    await file.append([record('1', '{}'), record('2', '{}'), record('3', '{}'), record('1', '{}')], 's0');
    await file.close();
    expect((await lines()).map(({ id }) => id)).toEqual(['1', '2', '3', '1']);
  });
});
