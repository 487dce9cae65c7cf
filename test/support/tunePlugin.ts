import { expect } from 'vitest';
import { type Answer, send } from './http';

/** Changes a plugin's configuration through the Admin API, as somebody who tunes a limit does. */
export async function tunePlugin(
  adminUrl: string,
  plugin: string,
  config: Record<string, unknown>,
): Promise<Answer> {
  const answer = await send(`${adminUrl}/plugins/${plugin}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ config }),
  });
  expect(answer.status, answer.text).toBe(200);
  return answer;
}
