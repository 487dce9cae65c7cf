/** Removes from an address the part that tells one household from another. */

import { isIP } from 'node:net';

/**
 * IPv4 keeps its first three octets (/24), IPv6 its first three groups (/48). An IPv4 address written as IPv6 is
 * truncated like IPv4. Text that is not an address becomes empty.
 */
export function truncateIp(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return `::ffff:${truncateIp(mapped)}`;
  switch (isIP(address)) {
    case 4:
      return address.replace(/\d+$/, '0');
    case 6:
      return truncateIp6(address);
    default:
      return '';
  }
}

function truncateIp6(address: string): string {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  // A dotted quad at the end stands for two groups.
  const width = groups.length + last.length + (address.includes('.') ? 1 : 0);
  const all = tail === undefined ? groups : [...groups, ...Array<string>(8 - width).fill('0'), ...last];
  const kept = all.slice(0, 3);
  while (kept.at(-1) !== undefined && /^0+$/.test(kept.at(-1)!)) kept.pop();
  return `${kept.join(':')}::`;
}
