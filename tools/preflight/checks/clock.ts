import { type Check, fail, pass, warn } from '../Check';

/** AWS refuses signatures that are five minutes off. One minute is left for drift until the clock is fixed. */
const FAIL_MS = 240_000;

/** No synchronised clock is that far off. */
const WARN_MS = 5_000;

/** A Date header has no fractions of a second. */
const RESOLUTION_MS = 1_000;

export const clock: Check = {
  name: 'clock',
  reason: 'AWS refuses signatures of a clock that is five minutes off, and events carry this machine’s time.',
  vital: true,
  async run({ host, settings: { endpoint } }) {
    const probe = await host.ask(endpoint);
    if (!probe.answered || probe.date === undefined)
      return warn(
        probe.answered ? 'the answer carries no Date' : `there is nothing to compare with: ${probe.code}`,
        'Run it where Kinesis can be reached, or look at `timedatectl` or `chronyc tracking`.',
      );
    // The header was written between request and answer, and its second began up to one second earlier.
    const earliest = probe.date - probe.endedAt;
    const latest = probe.date + RESOLUTION_MS - probe.startedAt;
    const off = earliest > 0 ? earliest : Math.min(latest, 0);
    const advice =
      'Run chrony or systemd-timesyncd; on EC2 the time source is 169.254.169.123, on AWS’s own images it is set up.';
    if (off === 0) return pass('agrees with the endpoint’s to the second');
    const message = `${(Math.abs(off) / 1000).toFixed(0)} s ${off > 0 ? 'behind' : 'before'} the endpoint’s`;
    if (Math.abs(off) >= FAIL_MS) return fail(message, advice);
    return Math.abs(off) >= WARN_MS ? warn(message, advice) : pass(message);
  },
};
