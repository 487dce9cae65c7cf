/** Small requests that ask for much memory or time. */

import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../plugins/kinesis-ingest/config/config';
import { editEvent } from '../../../plugins/kinesis-ingest/events/editEvent';
import { membersOf } from '../../../plugins/kinesis-ingest/json/membersOf';
import { scanText } from '../../../plugins/kinesis-ingest/json/scanObject';
import { KinesisIngest } from '../../../plugins/kinesis-ingest/KinesisIngest';
import { capturedLog } from '../../support/plugin/capturedLog';
import { credentialsOf, EXAMPLE_CREDENTIALS, pluginConfig } from '../../support/plugin/examples';
import { type FieldTree, rootOf, set } from '../../support/plugin/fieldTree';
import { refusalOf } from '../../support/plugin/refusalOf';
import { split } from '../../support/plugin/requests';
import { call, scriptedKong } from '../../support/plugin/scriptedKong';

const KIB = 1024;

/** The answer to a body, which is a refusal. */
async function answerTo(body: Buffer, more: Record<string, unknown> = {}) {
  const plugin = new KinesisIngest(pluginConfig(more), {
    log: capturedLog().log,
    credentials: () => credentialsOf(() => EXAMPLE_CREDENTIALS),
  });
  const script = scriptedKong([
    call('client.getForwardedIp').answers('203.0.113.7'),
    call('nginx.getVar', 'request').answers('POST /events HTTP/1.1'),
    call('request.getHeaders', 1000).answers({}),
    call('request.getRawBody').answers(body),
    call('response.exit', expect.anything(), expect.anything(), expect.anything()),
  ]);
  await plugin.access(script.kong);
  const [status, text] = script.calls.at(-1)!.args as [number, string];
  return { status, body: text };
}

describe('attacks: amplification', () => {
  it('a container repeated many times does not multiply the server’s fields beyond the limit', () => {
    const tree: FieldTree = new Map([['context', new Map([['user_agent', 0]])]]);
    const root = rootOf(tree, [set(JSON.stringify('x'.repeat(8 * KIB)))]);
    const limit = 1024 * KIB;
    for (const value of ['{}', '1']) {
      const text = Buffer.from(`{${Array(1000).fill(`"context":${value}`).join(',')}}`);
      const { object } = scanText(text, root.inner!);
      let asked = 0;
      const event = { text, start: 0, end: text.length, object: object! };
      const count = (bytes: number) => {
        asked = bytes;
        if (bytes > limit) throw new RangeError('too large');
      };
      expect(() => editEvent(event, root, { count })).toThrow('too large');
      expect(asked).toBeLessThan(limit + 128 * KIB);
    }
  });

  it.each([
    ['just above what an event may have', 1100 * KIB],
    ['nearly the whole body', 4900 * KIB],
  ])('a shared context of %s is refused for all 500 events at once', async (_, bytes) => {
    const context = `{"x":"${'x'.repeat(bytes)}"}`;
    const body = Buffer.from(`{"batch":[${Array(500).fill('{}').join(',')}],"context":${context}}`);
    const answer = await answerTo(body);
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'body_too_large' } });
  });

  it('an envelope with a million members is refused before they are held', () => {
    const text = Buffer.from(`{"batch":[{}],${Array(800_000).fill('"a":1').join(',')}}`);
    const config = parseConfig(pluginConfig());
    expect(refusalOf(() => split(text, config))).toMatchObject({
      code: 'invalid_envelope',
    });
    expect(membersOf(text, 0, 200)).toBeUndefined();
  });
});
