import { CREDENTIALS_FAULTS } from './credentialsFaults';
import type { Fault } from './fault';
import { KINESIS_FAULTS } from './kinesisFaults';
import { MACHINE_FAULTS } from './machineFaults';
import { PLUGIN_SERVER_FAULTS } from './pluginServerFaults';

/** All faults, in the order of the table. */
export const FAULTS: readonly Fault[] = [
  ...PLUGIN_SERVER_FAULTS,
  ...KINESIS_FAULTS,
  ...CREDENTIALS_FAULTS,
  ...MACHINE_FAULTS,
];
