/** What an answer says of each event. */

import { expect, test } from 'vitest';
import { outcomesOf } from '../../../view/record/outcomes';

const THROTTLED = 'ProvisionedThroughputExceededException';
const error = (code: string, more = {}) => ({ error: { code, message: 'm', ...more } });

test.each<[what: string, status: number, body: unknown, outcomes: string[]]>([
  ['a stored event', 200, { SequenceNumber: '1', ShardId: 's' }, ['stored']],
  ['a rate limit', 429, { message: 'API rate limit exceeded' }, ['throttled http_429']],
  ['Kinesis’s own throttle', 400, { __type: THROTTLED, message: 'm' }, [`throttled ${THROTTLED}`]],
  [
    'an unknown stream, which is not the event’s fault',
    400,
    { __type: 'com.amazonaws.kinesis#ResourceNotFoundException' },
    ['failed ResourceNotFoundException'],
  ],
  ['a refusal', 413, error('event_too_large'), ['refused event_too_large']],
  ['an outage', 503, error('kinesis_unavailable'), ['failed kinesis_unavailable']],
  ['Kong’s own failure', 502, { message: 'An invalid response' }, ['failed http_502']],
  ['an answer of something else', 200, 'hello', ['failed http_200']],
  [
    'results of several',
    200,
    {
      Records: [
        { SequenceNumber: '1' },
        { ErrorCode: THROTTLED },
        { ErrorCode: 'invalid_event' },
        { ErrorCode: 'InternalFailure' },
      ],
    },
    ['stored', `throttled ${THROTTLED}`, 'refused invalid_event', 'failed InternalFailure'],
  ],
  [
    'results beside an error',
    429,
    { ...error('throttled'), Records: [{ SequenceNumber: '1' }, { ErrorCode: THROTTLED }] },
    ['stored', `throttled ${THROTTLED}`],
  ],
  [
    'an answer that names the bad ones',
    422,
    error('invalid_events', { events: [{ index: 1, code: 'too_deep', message: 'm' }] }),
    ['refused invalid_events', 'refused too_deep'],
  ],
  [
    'results of another number of events',
    200,
    { Records: [{ SequenceNumber: '1' }, {}, {}] },
    ['failed http_200'],
  ],
])('%s', (_, status, body, expected) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const outcomes = outcomesOf(status, text, expected.length);
  expect(outcomes.map(({ outcome, code = '' }) => `${outcome} ${code}`.trim())).toEqual(expected);
});
