import { type Check, fail, pass, warn } from '../Check';

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost):\d+/;

export const adminApi: Check = {
  name: 'admin-api',
  reason: 'Whoever reaches the Admin API changes limits, streams and who may do what, without a password.',
  run({ settings: { kongConf } }) {
    if (kongConf === undefined) return warn('there is no kong.conf to look at', 'Name it with --kong-conf.');
    const { admin_listen: listen } = kongConf.settings;
    if (listen === undefined || listen === 'off') return pass('on Kong’s default, loopback, or off');
    const open = listen.split(',').find((address) => !LOOPBACK.test(address.trim()));
    if (open === undefined) return pass(`on loopback: ${listen}`);
    return fail(
      `admin_listen = ${listen}`,
      'admin_listen = 127.0.0.1:8001, and a tunnel for those who need it from elsewhere.',
    );
  },
};
