/** All checks together, and what is said of them. */

import { describe, expect, test } from 'vitest';
import { CHECKS } from '../../../../tools/preflight/checks';
import { isFlightworthy, jsonReport, textReport } from '../../../../tools/preflight/report';
import { runPreflight } from '../../../../tools/preflight/runPreflight';
import { type FakeHost, fakeHost, find, settingsWith } from '../../../support/tools/fakeHost';
import { down } from '../../../support/tools/findings';

test.each(CHECKS.map(({ name }) => [name]))('%s passes where all is well', async (name) => {
  expect(await find(name)).toMatchObject({ status: 'pass' });
});

describe('the report', () => {
  const run = (host: FakeHost) => runPreflight(CHECKS, { host: fakeHost(host), settings: settingsWith() });

  test('of a good machine has a line per check and lets it fly', async () => {
    const results = await run({});
    expect(isFlightworthy(results)).toBe(true);
    expect(textReport(results).split('\n')).toHaveLength(CHECKS.length + 2);
    expect(textReport(results)).toContain(`${CHECKS.length} passed, 0 to look at, 0 failed`);
  });

  test('warnings let it fly and say why and what to do; a failure doesn’t', async () => {
    const offline = await run(down('ENOTFOUND'));
    expect(isFlightworthy(offline)).toBe(true);
    expect(textReport(offline)).toMatch(/^WARN {2}clock .*\n {6}why: AWS refuses.*\n {6}do: {2}\S/m);
    // Without Kinesis nothing is stored; that this is no EC2 instance matters less.
    expect(textReport(offline)).toMatch(/^Look at these first, .*: clock, kinesis-endpoint$/m);
    const failing = await run({ nodeVersion: 'v18.0.0' });
    expect(isFlightworthy(failing)).toBe(false);
    expect(JSON.parse(jsonReport(failing))).toMatchObject({
      ok: false,
      checks: expect.arrayContaining([expect.objectContaining({ name: 'node-version', status: 'fail' })]),
    });
  });

  test('a check that breaks is named, and the others are made', async () => {
    const results = await run({
      stat() {
        throw new Error('no such thing');
      },
    } as FakeHost);
    expect(results).toHaveLength(CHECKS.length);
    expect(results.find(({ name }) => name === 'socket-directory')).toMatchObject({
      status: 'warn',
      message: 'could not be checked: no such thing',
    });
  });
});
