import { truncateIp } from './truncateIp';

/**
 * Whose share of the memory a request takes: that of its address. A customer has a whole IPv6 network (a /64 or more), so
 * its addresses count as one client.
 */
export function clientShare(ip: string): string {
  return ip.includes(':') ? truncateIp(ip) : ip;
}
