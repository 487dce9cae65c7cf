/** Ends a run with its count in one plain line, then how many tests were skipped, each reason once. */

import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';
import type {} from './needs.js';

export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const reasons = new Map<string, number>();
    for (const module of modules)
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state]++;
        if (state !== 'skipped') continue;
        const reason = reasonOf(test);
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
    for (const [reason, skipped] of reasons) console.log(`skipped ${skipped}: ${reason}`);
  }
}

function reasonOf(test: TestCase): string {
  for (let task: TestCase | TestSuite | TestModule = test; task.type !== 'module'; task = task.parent) {
    const what = task.meta().needs;
    if (what !== undefined) return `needs ${what}`;
  }
  return 'left out by the test or by the command line';
}
