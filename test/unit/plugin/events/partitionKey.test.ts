import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PartitionKey } from '../../../../plugins/kinesis-ingest/config/config';
import { choosePartitionKey } from '../../../../plugins/kinesis-ingest/events/partitionKey';

const FIELD: PartitionKey = { field: 7 };
const sources = { json: '"f"', ip: '203.0.113.7', userId: 'u1' };
const byField = (json?: string) => choosePartitionKey(FIELD, { ...sources, json });

describe('the partition key', () => {
  it('is the user id', () => {
    expect(choosePartitionKey('user_id', sources)).toBe('u1');
  });

  it('is the client’s address', () => {
    expect(choosePartitionKey('ip', { ...sources, ip: '2001:db8::1' })).toBe('2001:db8::1');
  });

  it('is the user id where the address is unknown', () => {
    expect(choosePartitionKey('ip', { ...sources, ip: '' })).toBe('u1');
  });

  it.each(['user_id', 'ip', FIELD] as const)(
    'is another one each time where there is neither %j nor a user id',
    (kind) => {
      const anonymous = { ip: '', userId: undefined };
      const keys = Array.from({ length: 100 }, () => choosePartitionKey(kind, anonymous));
      expect(new Set(keys).size).toBe(100);
    },
  );

  it('is another one each time where it is random', () => {
    const keys = Array.from({ length: 100 }, () => choosePartitionKey('random', sources));
    expect(new Set(keys).size).toBe(100);
  });
});

describe('the partition key by a field of the event', () => {
  it.each([
    ['a string', '"s-1"', 's-1'],
    ['a string with escapes', '"\\u0061\\n"', 'a\n'],
    ['other scripts and emoji', '"漢字😀"', '漢字😀'],
    ['a lone surrogate, which UTF-8 cannot carry', '"a\\ud83d"', 'a\ufffd'],
    ['an integer beyond 2^53', '9007199254740993', '9007199254740993'],
    ['a number as it was written', '-1.10e5', '-1.10e5'],
    ['256 characters', `"${'x'.repeat(256)}"`, 'x'.repeat(256)],
    ['257 characters, cut', `"${'x'.repeat(257)}"`, 'x'.repeat(256)],
    ['129 emoji, cut between two of them', `"${'😀'.repeat(129)}"`, '😀'.repeat(128)],
    ['emoji at an odd place, of which none is cut through', `"x${'😀'.repeat(128)}"`, `x${'😀'.repeat(127)}`],
    [
      'a lone surrogate at the cut, replaced',
      `"${'x'.repeat(255)}\\ud83d${'x'.repeat(9)}"`,
      `${'x'.repeat(255)}\ufffd`,
    ],
    ['a number of 300 digits, cut', '1'.repeat(300), '1'.repeat(256)],
  ])('is %s', (_, json, key) => {
    expect(byField(json)).toBe(key);
  });

  it.each([
    ['absent', undefined],
    ['empty', '""'],
    ['null', 'null'],
    ['true', 'true'],
    ['an object', '{"a":1}'],
    ['a list', '[1]'],
  ])('is the user id where the field is %s', (_, json) => {
    expect(byField(json)).toBe('u1');
  });
});

describe('the partition key under a salt', () => {
  const SALT = 'a salt that nobody knows';
  const salted = (userId: string, salt: string | undefined = SALT) =>
    choosePartitionKey('user_id', { ip: '', userId }, salt);

  it('is the start of the HMAC-SHA-256 of the key', () => {
    // printf %s u1 | openssl dgst -sha256 -hmac 'a salt that nobody knows' -binary | head -c 16 | basenc --base64url
    expect(salted('u1')).toBe('_WiUrbmQpPRCAocwhKnGUA');
  });

  it('keeps equal keys together, and others apart', () => {
    expect(salted('u1')).toBe(salted('u1'));
    expect(salted('u2')).not.toBe(salted('u1'));
    expect(salted('u1', 'another salt of ours')).not.toBe(salted('u1'));
  });

  it('spreads keys that were chosen for one shard', () => {
    const shardOf = (key: string) => createHash('md5').update(key).digest()[0]! >> 6;
    const aimed = Array.from({ length: 2000 }, (_, i) => `u${i}`).filter((id) => shardOf(id) === 0);
    const shards = aimed.map((id) => shardOf(salted(id)));
    for (let shard = 0; shard < 4; shard++)
      expect(shards.filter((other) => other === shard).length, `shard ${shard}`).toBeGreaterThan(
        aimed.length / 8,
      );
  });

  it('hashes every key that a client chooses: its address, a field', () => {
    expect(choosePartitionKey('ip', sources, SALT)).not.toContain('203.0.113.7');
    expect(choosePartitionKey(FIELD, { ...sources, json: '"s-1"' }, SALT)).not.toContain('s-1');
  });
});
