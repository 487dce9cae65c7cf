import { type Check, pass, warn } from '../Check';

/** nginx’s own, if `proxy_listen` sets none. */
const NGINX_DEFAULT = 511;

export const listenBacklog: Check = {
  name: 'listen-backlog',
  reason: 'Connections that come in a burst wait there; beyond the kernel’s limit they are dropped.',
  run({ host, settings: { kongConf } }) {
    const text = host.readText('/proc/sys/net/core/somaxconn');
    if (text === undefined)
      return warn('net.core.somaxconn can’t be read', 'On Linux it is in /proc/sys/net/core/somaxconn.');
    const allowed = Number(text);
    const wanted = Number(
      /\bbacklog=(\d+)/.exec(kongConf?.settings.proxy_listen ?? '')?.[1] ?? NGINX_DEFAULT,
    );
    const message = `net.core.somaxconn is ${allowed}, Kong asks for ${wanted}`;
    if (allowed >= wanted) return pass(message);
    return warn(
      message,
      `echo "net.core.somaxconn = ${wanted}" > /etc/sysctl.d/60-kong.conf && sysctl --system; in a container: sysctls: { net.core.somaxconn: ${wanted} }.`,
    );
  },
};
