/** Hands out AWS credentials on loopback, as a container's endpoint, the instance metadata (IMDSv2) and STS do. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { issueKeys } from '../../testkit/keys';

export interface CredentialsEndpoint {
  url: string;
  /** Access key ids handed out so far. */
  readonly issued: readonly string[];
  /** `up` answers; `down` breaks connections; `hanging` never answers; `absent` knows of no credentials. */
  state: 'up' | 'down' | 'hanging' | 'absent';
  /** Of what is handed out from now on. */
  lifetimeMs: number;
  close(): Promise<void>;
}

const DEFAULT_LIFETIME_MS = 3_600_000;

export async function startCredentialsEndpoint(): Promise<CredentialsEndpoint> {
  const issued: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    if (endpoint.state === 'down') return void response.destroy();
    if (endpoint.state === 'hanging') return;
    answer(request, response);
  });

  function answer({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    if (endpoint.state === 'absent') response.writeHead(404).end();
    else if (method === 'PUT') response.end('imds-session-token');
    else if (method === 'POST') response.end(stsAnswer(issue()));
    else if (url.endsWith('/security-credentials/')) response.end('a-role');
    else response.end(JSON.stringify({ Code: 'Success', ...issue() }));
  }

  function issue() {
    const expires = Date.now() + endpoint.lifetimeMs;
    const { accessKeyId, secretAccessKey, sessionToken } = issueKeys(issued.length + 1, expires);
    issued.push(accessKeyId);
    return {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      Token: sessionToken!,
      Expiration: new Date(expires).toISOString(),
    };
  }

  const endpoint: CredentialsEndpoint = {
    url: '',
    issued,
    state: 'up',
    lifetimeMs: DEFAULT_LIFETIME_MS,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return endpoint;
}

function stsAnswer(keys: Record<'AccessKeyId' | 'SecretAccessKey' | 'Token' | 'Expiration', string>): string {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = keys;
  return (
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>` +
    `<AccessKeyId>${AccessKeyId}</AccessKeyId><SecretAccessKey>${SecretAccessKey}</SecretAccessKey>` +
    `<SessionToken>${Token}</SessionToken><Expiration>${Expiration}</Expiration>` +
    `</Credentials></AssumeRoleResult></AssumeRoleResponse>`
  );
}
