import { truncateIp } from './truncateIp';

/**
 * Whose share of the memory a request takes: its address's. One customer has a whole IPv6 network (a /64 or more), so that its
 * addresses are one client.
 */
export function clientShare(ip: string): string {
  return ip.includes(':') ? truncateIp(ip) : ip;
}
