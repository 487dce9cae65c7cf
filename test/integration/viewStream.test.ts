/** The live view's stream of server-sent events. */

import { request } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { configurePlugin } from '../../testkit/kongYml';
import { postEvent } from '../support/http';
import { until } from '../support/until';
import { useMicro } from '../support/view/useMicro';

const view = useMicro((kongYml) =>
  configurePlugin(kongYml, 'kinesis-ingest', { delivery: 'batch', deadline_ms: 1_000 }),
);
const post = (event: unknown) => postEvent(view.micro.gateway.proxyUrl, event);

describe('the stream', () => {
  function listen(path: string) {
    const messages: {
      name: string;
      data: { events?: { name: string; outcome: string }[]; gone?: number[] };
    }[] = [];
    const outgoing = request(`${view.micro.viewUrl}${path}`, (incoming) => {
      let text = '';
      incoming.on('data', (chunk) => {
        text += chunk;
        const parts = text.split('\n\n');
        text = parts.pop()!;
        for (const part of parts) {
          const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(part) ?? [];
          if (name !== undefined) messages.push({ name, data: JSON.parse(data!) });
        }
      });
      incoming.on('error', () => undefined);
    });
    outgoing.on('error', () => undefined);
    outgoing.end();
    onTestFinished(() => void outgoing.destroy());
    const shown = () => messages.flatMap(({ data }) => data.events ?? []);
    return { messages, shown };
  }

  test('has what is kept, what comes, and that all is cleared', async () => {
    await post({ type: 'before' });
    const { messages, shown } = listen('/events/stream');
    await until('what is kept is there', () => shown().some(({ name }) => name === 'before'));
    expect(messages.map(({ name }) => name)).toEqual(['switches', 'snapshot']);
    await post({ type: 'after' });
    await until('what comes is there', () =>
      shown().some(({ name, outcome }) => name === 'after' && outcome === 'stored'),
    );
    await view.ask('/events', 'DELETE');
    await until('it is cleared', () => messages.at(-1)!.data.events?.length === 0);
  });

  test('has only what fits, and says what no longer does', async () => {
    await view.ask('/switches', 'PATCH', { kinesis: 'throttles' });
    const { messages, shown } = listen('/events/stream?outcome=waiting');
    await until('it has begun', () => messages.some(({ name }) => name === 'snapshot'));
    await post({ type: 'x' });
    await until('it is gone', () => messages.some(({ data }) => data.gone?.length === 1));
    expect(shown().every(({ outcome }) => outcome === 'waiting')).toBe(true);
  });
});
