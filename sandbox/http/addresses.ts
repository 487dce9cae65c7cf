/** Which address a request came from, determined like nginx's real-IP module. */

import { BlockList, isIP, isIPv6 } from 'node:net';
import { ConfigError } from '../config/problems';

export interface TrustedIps {
  contains(ip: string): boolean;
  /**
   * The client's address: the peer's, unless the peer is trusted; then the last address in X-Forwarded-For that
   * is not itself trusted (`real_ip_recursive on`), or the first if all are.
   */
  clientIp(peerIp: string, forwardedFor: readonly string[]): string;
}

/** @param cidrs Kong's `trusted_ips`: addresses or networks. @throws ConfigError */
export function createTrustedIps(cidrs: readonly string[]): TrustedIps {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', bits] = cidr.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (isIP(address) === 0) throw new ConfigError('trusted_ips', `"${cidr}" is no address or network`);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  const contains = (ip: string) => isIP(ip) !== 0 && list.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
  return {
    contains,
    clientIp(peerIp, forwardedFor) {
      const chain = forwardedFor.flatMap((value) => value.split(',')).map(withoutPort);
      let ip = peerIp;
      for (const next of chain.filter((part) => part !== '').reverse()) {
        if (!contains(ip) || isIP(next) === 0) break;
        ip = next;
      }
      return ip;
    },
  };
}

/** Some proxies include the port: `203.0.113.9:4711`, `[2001:db8::7]:4711`. nginx accepts these. */
function withoutPort(address: string): string {
  const [, v6, v4] = /^\s*(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)\s*$/.exec(address) ?? [];
  return v6 ?? v4 ?? address.trim();
}

/** An IPv4 client on a dual-stack socket appears as `::ffff:127.0.0.1`; nginx shows plain IPv4. */
export function plainAddress(address: string | undefined): string {
  return address?.replace(/^::ffff:(?=\d+\.)/, '') ?? '';
}
