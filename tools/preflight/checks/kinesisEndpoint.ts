import { type Check, fail, pass, warn } from '../Check';

/** Something is wrong with the certificate: not a passing fault. */
const TLS_FAULT = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|TLS|SSL|HOSTNAME/;

export const kinesisEndpoint: Check = {
  name: 'kinesis-endpoint',
  reason: 'Events go there, over TLS with a certificate that is checked.',
  vital: true,
  async run({ host, settings: { endpoint, endpointGiven } }) {
    const probe = await host.ask(endpoint);
    const plain = new URL(endpoint).protocol !== 'https:';
    // For an unsigned call any answer will do: AWS says 403 or 404.
    if (probe.answered) {
      if (!plain) return pass(`${endpoint} answers over TLS`);
      return warn(`${endpoint} answers, without TLS`, 'Right for LocalStack; AWS’s own endpoints are https.');
    }
    const message = `${endpoint} doesn’t answer: ${probe.code}`;
    if (TLS_FAULT.test(probe.code))
      return fail(
        message,
        'Install ca-certificates; where a proxy of yours replaces certificates, give Node its authority in NODE_EXTRA_CA_CERTS and nginx in nginx_proxy_proxy_ssl_trusted_certificate.',
      );
    const advice =
      'Open outgoing TCP 443, or make a VPC endpoint for Kinesis (com.amazonaws.REGION.kinesis-streams) and name it in KINESIS_ENDPOINT.';
    // A machine without network may be a laptop; an endpoint that was set is meant.
    return endpointGiven ? fail(message, advice) : warn(message, advice);
  },
};
