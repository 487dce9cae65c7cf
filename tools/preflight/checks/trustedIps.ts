import { type Check, fail, pass, warn } from '../Check';

/** Networks that include everybody. */
const EVERYBODY = /(^|[\s,])(0\.0\.0\.0|::)\/0/;

/** Kong’s default, which no AWS load balancer sends. */
const DEFAULT_HEADER = 'X-Real-IP';

export const trustedIps: Check = {
  name: 'trusted-ips',
  reason:
    'Who is believed about the client’s address decides which address is in every event, and whom limits hit.',
  run({ settings: { kongConf } }) {
    if (kongConf === undefined) return warn('there is no kong.conf to look at', 'Name it with --kong-conf.');
    const { trusted_ips: trusted, real_ip_header: header = DEFAULT_HEADER } = kongConf.settings;
    if (trusted === undefined)
      return pass('nobody is believed: events carry the address of whoever connects, also a balancer’s');
    if (EVERYBODY.test(trusted))
      return fail(
        `trusted_ips = ${trusted}: every client chooses its own address`,
        'Name the networks of the load balancer only.',
      );
    if (header === DEFAULT_HEADER)
      return warn(
        `${trusted} is believed, by ${DEFAULT_HEADER}`,
        'Most balancers send X-Forwarded-For: set real_ip_header, and real_ip_recursive = on.',
      );
    return pass(`${trusted} is believed, by ${header}`);
  },
};
