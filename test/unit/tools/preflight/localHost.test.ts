/** What preflight asks of the real machine. */

import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { localHost } from '../../../../tools/preflight/localHost';
import { freePorts } from '../../../support/freePorts';
import { temporaryFolder } from '../../../support/pluginserver/hostPlugin';
import { serve } from '../../../support/serve';

const host = localHost('us-east-1');

async function urlOf(answer: RequestListener): Promise<string> {
  const { url, close } = await serve(answer);
  onTestFinished(close);
  return url;
}

describe('asking a URL', () => {
  test('takes any answer for one, with its time, and asks once for all checks', async () => {
    let requests = 0;
    const url = await urlOf((_, answer) => {
      requests += 1;
      answer.writeHead(403, { date: 'Tue, 24 Nov 2026 12:00:00 GMT' }).end('{}');
    });
    const [first, second] = await Promise.all([host.ask(url), host.ask(url)]);
    expect(first).toMatchObject({ answered: true, status: 403, date: Date.UTC(2026, 10, 24, 12) });
    expect(second).toBe(first);
    expect(requests).toBe(1);
  });

  test('an answer without a date, or with one that is none, has none', async () => {
    const url = await urlOf((_, answer) => {
      answer.sendDate = false;
      answer.setHeader('date', 'yesterday').end();
    });
    expect(await host.ask(url)).toMatchObject({ answered: true, date: undefined });
  });

  test('names the system’s error where nobody listens', async () => {
    const [port] = await freePorts(1);
    expect(await host.ask(`http://127.0.0.1:${port}`)).toEqual({ answered: false, code: 'ECONNREFUSED' });
  });
});

describe('finding credentials', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const withoutFiles = () => {
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('HOME', temporaryFolder());
  };

  test('names the provider and gives nothing away', async () => {
    withoutFiles();
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'the-secret');
    vi.stubEnv('AWS_SESSION_TOKEN', 'the-token');
    const probe = await host.findCredentials();
    expect(probe).toEqual({
      found: true,
      providers: ['CREDENTIALS_ENV_VARS'],
      temporary: true,
      expiration: undefined,
    });
  });

  test('says that there are none', async () => {
    withoutFiles();
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE'])
      vi.stubEnv(name, undefined);
    expect(await host.findCredentials()).toEqual({
      found: false,
      reason: expect.stringMatching(/credentials/i),
    });
  });
});

test('what isn’t there is undefined or empty, and no error', () => {
  const nowhere = '/nonexistent/place';
  expect(host.readText(nowhere)).toBeUndefined();
  expect(host.readLink(nowhere)).toBeUndefined();
  expect(host.stat(nowhere)).toBeUndefined();
  expect(host.list(nowhere)).toEqual([]);
});

test('a directory is told with its permissions', () => {
  expect(host.stat(temporaryFolder())).toMatchObject({ kind: 'directory', mode: 0o700 });
});
