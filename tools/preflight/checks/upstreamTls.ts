import { type Check, fail, pass, warn } from '../Check';

export const upstreamTls: Check = {
  name: 'upstream-tls',
  reason:
    'kong.yml has AWS’s certificate checked: nginx needs the authorities for that, or every event is a 502.',
  vital: true,
  run({ host, settings: { kongConf, kongYml } }) {
    if (kongConf === undefined) return warn('there is no kong.conf to look at', 'Name it with --kong-conf.');
    const { nginx_proxy_proxy_ssl_verify: verify, nginx_proxy_proxy_ssl_trusted_certificate: bundle } =
      kongConf.settings;
    // nginx's own setting would apply to all services; a service's authorities apply to it alone.
    if (kongYml?.namesAuthorities) return pass('checked against the ca_certificates of the service');
    if (verify !== 'on' || bundle === undefined)
      return fail(
        `${kongConf.path} doesn’t set nginx_proxy_proxy_ssl_verify and nginx_proxy_proxy_ssl_trusted_certificate`,
        'Take the three nginx_proxy_proxy_ssl_* lines of deploy/kong.conf, or name ca_certificates in kong.yml’s service.',
      );
    if (host.stat(bundle) === undefined)
      return fail(
        `${bundle} is not there`,
        'Install ca-certificates. On Amazon Linux and Fedora it is /etc/pki/tls/certs/ca-bundle.crt: change the line.',
      );
    return pass(`checked against ${bundle}`);
  },
};
