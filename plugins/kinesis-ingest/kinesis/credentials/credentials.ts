/** Where the AWS credentials come from: the configuration, or the AWS SDK's provider chain, perhaps through a role. */

import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { Logger } from 'pino';
import { withTimeout } from '../../clock';
import type { Config } from '../../config/config';
import type { CredentialsConfig, StaticCredentials } from '../../config/credentialsConfig';
import { exposeCredentials } from '../../metrics';
import { Refusal } from '../../refusals';
import {
  type CredentialsSource,
  type ExpiringCredentials,
  REFUSED_BY_AWS,
  type RefreshedCredentials,
  refreshedCredentials,
} from './refreshedCredentials';

/** Instances with the same settings share a source, so that AWS is asked once and not once per nginx worker. */
const shared = new Map<string, RefreshedCredentials>();
exposeCredentials(() => [...shared.values()].flatMap(({ inUse }) => inUse ?? []));

/** Settings change rarely. Beyond this number the oldest source is no longer shared with new instances. */
const MAX_SHARED_SOURCES = 100;

export function credentialsSource({ credentials: config }: Config, log: Logger): CredentialsSource {
  const fixed = config.static;
  if (fixed !== undefined && config.role === undefined) return fixedCredentials(fixed);

  const settings = JSON.stringify(config);
  const known = shared.get(settings);
  if (known !== undefined) return known;
  const source = refreshedCredentials(() => fetchCredentials(config), { log });
  if (shared.size >= MAX_SHARED_SOURCES) shared.delete(shared.keys().next().value!);
  shared.set(settings, source);
  return source;
}

/** @throws Refusal `credentials_unavailable` after the deadline: a source may take longer than a client waits */
export function inTime(coming: Promise<StaticCredentials>, deadlineMs: number): Promise<StaticCredentials> {
  return withTimeout(coming, deadlineMs, () => new Refusal('credentials_unavailable'));
}

/** Credentials from the configuration. Only a new configuration can replace them. */
function fixedCredentials(fixed: StaticCredentials): CredentialsSource {
  let refused = false;
  return {
    get: () => fixed,
    renew() {
      refused = true;
      return false;
    },
    accepted() {
      refused = false;
    },
    get problem() {
      return refused ? REFUSED_BY_AWS : undefined;
    },
  };
}

/** Called by whoever sees in Kinesis's answers that AWS refuses keys, but can't tell whose they are. */
export function renewShared(): void {
  for (const { latest, renew } of shared.values()) if (latest !== undefined) renew(latest);
}

/** A new chain each time, which reads files again: the SDK's caches would return what is about to expire or was replaced. */
async function fetchCredentials({
  region,
  static: fixed,
  role,
}: CredentialsConfig): Promise<ExpiringCredentials> {
  const clientConfig = { region };
  const chain = fromNodeProviderChain({ clientConfig, ignoreCache: true });
  if (role === undefined) return chain();
  return fromTemporaryCredentials({
    masterCredentials: fixed ?? chain,
    params: {
      RoleArn: role.arn,
      RoleSessionName: role.sessionName,
      ...(role.externalId !== undefined && { ExternalId: role.externalId }),
    },
    clientConfig,
  })();
}
