/** Kinesis, or the way there, fails. */

import type { Fault } from './fault';
import type { Failure } from './kinesis/failure';

function answering(name: string, title: string, failure: Failure, more: Partial<Fault> = {}): Fault {
  return {
    name,
    title,
    inject: ({ standIn }) => standIn.fail(failure),
    heal: ({ standIn }) => standIn.fail({ kind: 'none' }),
    ...more,
  };
}

const TEN_MINUTES_MS = 10 * 60_000;

export const KINESIS_FAULTS: readonly Fault[] = [
  answering('kinesis-down', 'Kinesis refuses connections for 4 s', { kind: 'down' }),
  answering('kinesis-slow', 'Kinesis answers after 30 s', { kind: 'delay', ms: 30_000 }, { secondsAfter: 8 }),
  answering('kinesis-cut', 'Kinesis stores, then breaks the connection in its answer', { kind: 'cut' }),
  answering('kinesis-throttled', 'Kinesis throttles half the records', { kind: 'throttle', share: 0.5 }),
  answering('kinesis-500', 'Kinesis answers 500 for 10 s', { kind: 'status', status: 500 }, { seconds: 10 }),
  {
    name: 'kinesis-unnamed',
    title: 'the name of Kinesis does not resolve',
    inject: ({ gateway }) => gateway.configure({ endpoint: 'http://kinesis.invalid:4566' }),
    heal: ({ gateway, endpoint }) => gateway.configure({ endpoint }),
  },
  answering('clock-off', 'the clock is 10 minutes off', { kind: 'skew', ms: TEN_MINUTES_MS }),
];
