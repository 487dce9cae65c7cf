import { isIP, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { truncateIp } from '../../../../plugins/kinesis-ingest/request/truncateIp';

it.each([
  ['203.0.113.7', '203.0.113.0'],
  ['0.0.0.0', '0.0.0.0'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
  ['2001:db8::7', '2001:db8::'],
  ['2001:db8:0:1::', '2001:db8::'],
  ['0:0:1::5', '0:0:1::'],
  ['::1', '::'],
  ['::', '::'],
  ['fe80::1%eth0', 'fe80::'],
  ['::ffff:203.0.113.7', '::ffff:203.0.113.0'],
  ['::FFFF:203.0.113.7', '::ffff:203.0.113.0'],
  ['64:ff9b::203.0.113.7', '64:ff9b::'],
  ['', ''],
  ['unix:', ''],
  ['203.0.113', ''],
])('%s becomes %s', (address, truncated) => {
  expect(truncateIp(address)).toBe(truncated);
});

it('of every IPv4 address all but the last octet stays', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const octets = address.split('.');
      expect(truncateIp(address)).toBe([...octets.slice(0, 3), '0'].join('.'));
    }),
  );
});

/** The one way to write an IPv6 address, by another implementation. */
const canonical = (address: string) => new URL(`http://[${address}]/`).hostname;

/** The text of an address: zeroes before a group or not, capitals or not, a run of zeroes left out or not. */
const written = fc
  .tuple(
    fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 }),
    fc.boolean(),
    fc.boolean(),
    fc.nat(7),
    fc.boolean(),
  )
  .map(([groups, padded, capital, at, dotted]) => {
    const hex = groups.map((group) => group.toString(16).padStart(padded ? 4 : 1, '0'));
    let parts = hex.map((group) => (capital ? group.toUpperCase() : group));
    const quad = [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join('.');
    if (dotted) parts = [...parts.slice(0, 6), quad];
    const zeroes = groups.slice(at, dotted ? 6 : 8).findIndex((group) => group !== 0);
    const end = zeroes < 0 ? (dotted ? 6 : 8) : at + zeroes;
    const text =
      end - at < 2 ? parts.join(':') : `${parts.slice(0, at).join(':')}::${parts.slice(end).join(':')}`;
    return { groups, text };
  });

it('of every IPv6 address the first three groups stay, however it is written', () => {
  fc.assert(
    fc.property(written, ({ groups, text }) => {
      fc.pre(isIPv6(text) && !/^::ffff:\d+\./i.test(text));
      const truncated = truncateIp(text);
      expect(isIP(truncated)).toBe(6);
      const kept = groups.slice(0, 3).map((group) => group.toString(16));
      expect(canonical(truncated)).toBe(canonical(`${kept.join(':')}:0:0:0:0:0`));
    }),
    { numRuns: 2000 },
  );
});
