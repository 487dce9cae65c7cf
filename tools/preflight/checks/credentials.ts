import { type Check, fail, pass, warn } from '../Check';

/** The SDK’s markers for the source of credentials, worded as in its documentation. */
const PROVIDERS: Record<string, string> = {
  CREDENTIALS_ENV_VARS: 'environment variables',
  CREDENTIALS_PROFILE: 'shared configuration file',
  CREDENTIALS_PROFILE_PROCESS: 'credential_process of a profile',
  CREDENTIALS_PROCESS: 'credential_process',
  CREDENTIALS_PROFILE_SSO: 'IAM Identity Center (SSO)',
  CREDENTIALS_SSO: 'IAM Identity Center (SSO)',
  CREDENTIALS_STS_ASSUME_ROLE: 'assumed role',
  CREDENTIALS_STS_ASSUME_ROLE_WEB_ID: 'web identity (IRSA)',
  CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN: 'web identity (IRSA)',
  CREDENTIALS_HTTP: 'container (ECS, EKS Pod Identity)',
  CREDENTIALS_IMDS: 'instance metadata (EC2 role)',
};

export const credentials: Check = {
  name: 'credentials',
  reason: 'Without AWS credentials every event is answered 503.',
  vital: true,
  async run({ host, settings: { endpoint } }) {
    const probe = await host.findCredentials();
    if (!probe.found) {
      const advice =
        'Give the instance, task or pod a role with deploy/aws/put-records-policy.json. In a container on EC2 the metadata needs two hops: aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 2.';
      const message = `none found: ${probe.reason}`;
      // Offline, as on a laptop, they are not expected.
      const { answered } = await host.ask(endpoint);
      return answered ? fail(message, advice) : warn(message, advice);
    }
    const names = probe.providers.map((provider) => PROVIDERS[provider] ?? provider);
    const message = `from ${[...new Set(names)].join(', ') || 'a provider without a name'}`;
    if (!probe.temporary)
      return warn(
        `${message}, without an end`,
        'Long-lived keys can’t be renewed and leak for good: prefer a role of the instance, task or pod.',
      );
    if (probe.expiration === undefined) return pass(message);
    const minutes = Math.round((probe.expiration - host.now()) / 60_000);
    if (minutes < 0)
      return fail(
        `${message}, ended ${-minutes} minutes ago`,
        'Sign in again, or renew what hands them out.',
      );
    return pass(`${message}, for ${minutes} minutes`);
  },
};
