/** Tables of what preflight's checks find on machines that lack something. */

import { describe, expect, test } from 'vitest';
import { type FakeHost, find } from './fakeHost';

type Case = [name: string, host: FakeHost, status: 'pass' | 'warn' | 'fail', message: RegExp];

/** A machine that can reach nobody, for the reason that the code names. */
export const down = (code: string): FakeHost => ({ ask: async () => ({ answered: false, code }) });

/** Tests the cases of each check, by its name. */
export function testFindings(table: Record<string, Case[]>): void {
  describe.each(Object.entries(table))('%s', (name, cases) => {
    test.each(cases)('%s', async (_, host, status, message) => {
      const finding = await find(name, host);
      expect(finding).toMatchObject({ status, message: expect.stringMatching(message) });
      if (status !== 'pass') expect(finding.advice).toMatch(/\S/);
    });
  });
}
