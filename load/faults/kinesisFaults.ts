/** Kinesis, or the way there, fails. */

import type { Fault as KinesisFault } from '../../testkit/kinesis/fault';
import type { Fault } from './fault';

export const INTERNAL_FAILURE: KinesisFault = { status: 500, type: 'InternalFailure', message: 'a fault' };

function answering(name: string, title: string, fault: KinesisFault, more: Partial<Fault> = {}): Fault {
  return {
    name,
    title,
    inject: ({ kinesis }) => kinesis.functions.fail(fault),
    heal: ({ kinesis }) => kinesis.functions.fail(null),
    ...more,
  };
}

const TEN_MINUTES_MS = 10 * 60_000;

export const KINESIS_FAULTS: readonly Fault[] = [
  {
    name: 'kinesis-down',
    title: 'Kinesis refuses connections for 4 s',
    inject: ({ kinesis }) => kinesis.functions.setListening(false),
    heal: ({ kinesis }) => kinesis.functions.setListening(true),
  },
  answering('kinesis-slow', 'Kinesis answers after 30 s', { delayMs: 30_000 }, { secondsAfter: 8 }),
  answering('kinesis-cut', 'Kinesis stores, then breaks the connection in its answer', { cut: 'midway' }),
  answering('kinesis-throttled', 'Kinesis throttles half the records', {
    failing: 0.5,
    errorCode: 'ProvisionedThroughputExceededException',
  }),
  answering('kinesis-500', 'Kinesis answers 500 for 10 s', INTERNAL_FAILURE, { seconds: 10 }),
  {
    name: 'kinesis-unnamed',
    title: 'the name of Kinesis does not resolve',
    inject: ({ gateway }) => gateway.configure({ endpoint: 'http://kinesis.invalid:4566' }),
    heal: ({ gateway, kinesis }) => gateway.configure({ endpoint: kinesis.url }),
  },
  {
    name: 'clock-off',
    title: 'the clock is 10 minutes off',
    inject: ({ kinesis }) => kinesis.functions.setClock(TEN_MINUTES_MS),
    heal: ({ kinesis }) => kinesis.functions.setClock(0),
  },
];
