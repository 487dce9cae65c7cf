import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../plugins/kinesis-ingest/config/config';
import { chooseStream } from '../../../../plugins/kinesis-ingest/events/chooseStream';
import { pluginConfig } from '../../../support/plugin/examples';
import { enriched } from '../../../support/plugin/requests';

function streamOf(event: string, streams: unknown[], more: Record<string, unknown> = {}): string {
  const config = parseConfig(pluginConfig({ streams, ...more }));
  const found = enriched(event, { config: { streams, ...more } });
  return chooseStream(config.streams, found.event, found.fields.byNumber, config.stream);
}

const any_of = (field: string, values: string[], stream: string) => ({
  when: { field, any_of: values },
  stream,
});
const prefix = (field: string, value: string, stream: string) => ({ when: { field, prefix: value }, stream });

describe('an event goes to', () => {
  const rules = [
    any_of('type', ['purchase', 'refund'], 'orders'),
    prefix('type', 'video_', 'videos'),
    any_of('type', ['video_ad', '7', 'true'], 'ads'),
    prefix('context.app', 'shop', 'shops'),
  ];

  it.each([
    ['{"type":"refund"}', 'orders'],
    ['{"type":"video_start"}', 'videos'],
    ['{"type":"video_ad"}', 'videos'],
    ['{"type":"video"}', 'clickstream'],
    ['{"type":"a_video_b"}', 'clickstream'],
    ['{"type":"Refund"}', 'clickstream'],
    ['{"type":"refund "}', 'clickstream'],
    ['{"type":"\\u0072efund"}', 'orders'],
    ['{"type":"click","type":"refund"}', 'orders'],
    ['{"type":7}', 'ads'],
    ['{"type":7.0}', 'clickstream'],
    ['{"type":true}', 'ads'],
    ['{"type":null}', 'clickstream'],
    ['{"type":["refund"]}', 'clickstream'],
    ['{"type":{"refund":1}}', 'clickstream'],
    ['{"type":""}', 'clickstream'],
    ['{}', 'clickstream'],
    ['{"type":"x","context":{"app":"shop-ios"}}', 'shops'],
    ['{"context":"shop"}', 'clickstream'],
  ])('the stream of the first rule that matches, else the default: %s to %s', (event, stream) => {
    expect(streamOf(event, rules)).toBe(stream);
  });

  it('where a field of the server says, and not where a forged one does', () => {
    const byIp = [prefix('ip', '203.', 'documentation'), any_of('ip', ['6.6.6.6'], 'forged')];
    expect(streamOf('{"ip":"6.6.6.6"}', byIp)).toBe('documentation');
  });
});
