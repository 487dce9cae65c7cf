/** The requests that docs/openapi.yaml shows, sent through the gateway as they stand there. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { send } from '../support/http';
import { DRIVER } from '../support/startGateway';
import { useGateway } from '../support/useGateway';

interface Operation {
  requestBody: { content: Record<string, { examples: Record<string, { value: unknown }> }> };
  responses: Record<string, unknown>;
}

const { paths } = parse(readFileSync('docs/openapi.yaml', 'utf8')) as {
  paths: Record<string, { post: Operation }>;
};

const examples = Object.entries(paths).flatMap(([path, { post }]) =>
  Object.entries(post.requestBody.content).flatMap(([type, content]) =>
    Object.entries(content.examples).map(([name, { value }]) => ({ path, type, name, value })),
  ),
);

const stack = useGateway();

describe(`docs/openapi.yaml (${DRIVER})`, () => {
  test.each(examples)('$path takes the example "$name" as $type', async ({ path, type, value }) => {
    const body = typeof value === 'string' ? value : JSON.stringify(value);
    const ids = [...body.matchAll(/"messageId":"(.+?)"/g)].map(([, id]) => id);
    const answer = await send(`${stack.gateway.proxyUrl}${path}`, {
      headers: { 'content-type': type },
      body,
    });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers['x-user-id']).toBeDefined();
    const several = /^\[|"batch":|}\n\{/.test(body);
    expect(Object.keys(answer.json() as object).sort()).toEqual(
      several ? ['FailedRecordCount', 'Records'] : ['SequenceNumber', 'ShardId'],
    );
    const stored = stack.kinesis.stored.map(
      ({ data }) => (JSON.parse(data) as { messageId: string }).messageId,
    );
    expect(stored).toEqual(expect.arrayContaining(ids));
    expect(ids.length).toBeGreaterThan(0);
  });
});
