import { type Check, fail, pass, warn } from '../Check';

/** Below this Kong itself complains: 1,024 connections, each with one to Kinesis and one to the plugin server, plus files. */
const LEAST = 4_096;

/** What deploy/systemd gives the plugin server. */
const ENOUGH = 65_536;

export const fileDescriptors: Check = {
  name: 'file-descriptors',
  reason:
    'Each client, each connection to Kinesis and each call between Kong and the plugin server takes one.',
  vital: true,
  run({ host, settings: { pid } }) {
    const limits = host.readText(`/proc/${pid}/limits`);
    const match = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits ?? '');
    if (match === null)
      return warn(
        `the limits of process ${pid} can’t be read`,
        'Run it as root or as the process’s user, on Linux.',
      );
    const soft = match[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(match[1]);
    const whose = pid === 'self' ? 'this shell' : `process ${pid}`;
    const message = `${whose} may open ${match[1]}, and raise that to ${match[2]}`;
    const advice =
      'LimitNOFILE=65536 in the systemd unit, `ulimits: { nofile: 65536 }` in a container; --pid checks a process that runs.';
    if (soft < LEAST) return fail(message, advice);
    return soft < ENOUGH ? warn(message, advice) : pass(message);
  },
};
