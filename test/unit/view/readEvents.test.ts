/** Which events a body has, as the plugin sees it. */

import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readEvents } from '../../../view/record/readEvents';

const JSON_TYPE = { 'content-type': 'application/json' };
const LINES = { 'content-type': 'application/x-ndjson' };

test.each<[what: string, headers: Record<string, string>, body: string, events: string[]]>([
  ['one object, with the space around it', JSON_TYPE, ' {"a":1} ', [' {"a":1} ']],
  ['an array', JSON_TYPE, '[{"a":1}, 7]', ['{"a":1}', '7']],
  ['an envelope', JSON_TYPE, '{"sentAt":1,"batch":[{"a":1},{"a":2}]}', ['{"a":1}', '{"a":2}']],
  ['a batch that is none', JSON_TYPE, '{"batch":7}', ['{"batch":7}']],
  ['two batches', JSON_TYPE, '{"batch":[1],"batch":[2]}', ['{"batch":[1],"batch":[2]}']],
  ['an empty array', JSON_TYPE, '[]', ['[]']],
  ['an empty batch', JSON_TYPE, '{"batch":[]}', ['{"batch":[]}']],
  ['no JSON', JSON_TYPE, '{"a":', ['{"a":']],
  ['nothing', JSON_TYPE, '', ['']],
  ['lines, a bad one among them', LINES, '{"a":1}\r\n \n{"a"\n', ['{"a":1}', '{"a"']],
  ['another type', { 'content-type': 'text/html' }, '{"a":1}', ['{"a":1}']],
  ['an encoding that it isn’t in', { ...JSON_TYPE, 'content-encoding': 'gzip' }, '{"a":1}', ['{"a":1}']],
])('%s', async (_, headers, body, events) => {
  const read = await readEvents(headers, Buffer.from(body));
  expect(read.events.map(({ sent }) => sent)).toEqual(events);
});

test('has the envelope’s text, and none where there is no batch', async () => {
  const body = '{"context":{},"batch":[{}]}';
  expect((await readEvents(JSON_TYPE, Buffer.from(body))).envelope).toBe(body);
  expect((await readEvents(JSON_TYPE, Buffer.from('{}'))).envelope).toBeUndefined();
});

test('takes a body out of its encoding', async () => {
  const read = await readEvents({ ...JSON_TYPE, 'content-encoding': 'gzip' }, gzipSync('[{"ä":1}]'));
  expect(read).toMatchObject({ body: '[{"ä":1}]', isText: true, events: [{ sent: '{"ä":1}' }] });
});

test('says where a body is no text', async () => {
  expect(await readEvents(JSON_TYPE, Buffer.from([0xff, 0xfe]))).toMatchObject({ isText: false });
});

test.each([
  ['an array', JSON_TYPE, `[${Array(501).fill('1')}]`],
  ['lines', LINES, '1\n'.repeat(501)],
])('%s of more than 500 events is one: it is refused as a whole', async (_, headers, body) => {
  expect((await readEvents(headers, Buffer.from(body))).events).toHaveLength(1);
});
