/** The delivery of batches in virtual time, before a model of AWS in which everything may go wrong. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { calmPlan, type Plan, plan } from '../../support/simulation/plan';
import { checkPromises } from '../../support/simulation/promises';
import { type Observed, simulate } from '../../support/simulation/simulate';

const SEEDS = 10_000;
/** The same ones each time, but other ones in `npm run fuzz`; one that failed is given as the failure says. */
const FIRST_SEED = 20_261_128;
const REPLAY = process.env.SIMULATION?.split('/');

async function assertAlways(
  name: string,
  plans: fc.Arbitrary<Plan>,
  numRuns: number,
  check: Check,
): Promise<void> {
  const property = fc.asyncProperty(plans, fc.scheduler(), async (planned, scheduler) => {
    check(planned, await simulate(planned, scheduler));
  });
  const [replayed, seed, path] = REPLAY ?? [];
  if (REPLAY !== undefined && replayed !== name) return;
  const found = await fc.check(property, {
    numRuns,
    ...(seed !== undefined
      ? { seed: Number(seed), path: path! }
      : !process.env.FUZZ_RUNS && { seed: FIRST_SEED }),
  });
  if (!found.failed) return;
  const again = `SIMULATION=${name}/${found.seed}/${found.counterexamplePath} npx vitest run --project unit test/unit/simulation`;
  const broken = (found.errorInstance as Error).message;
  throw new Error(`${broken}\n\n${fc.defaultReportMessage(found)}\n\nTo see it again:\n${again}\n`);
}

type Check = (planned: Plan, observed: Observed) => void;

it('keeps every promise, whatever AWS, the event loop and the moment of the end are', {
  timeout: 600_000,
}, async () => {
  const codes = new Set<string | undefined>();
  let mostUnderWay = 0;
  await assertAlways('any', plan, SEEDS, (planned, observed) => {
    checkPromises(planned, observed);
    mostUnderWay = Math.max(mostUnderWay, observed.aws.mostUnderWay);
    for (const { code, results } of observed.requests) {
      codes.add(code);
      for (const { ErrorCode } of results) codes.add(ErrorCode);
    }
  });
  if (REPLAY !== undefined) return;
  expect(mostUnderWay).toBe(16);
  console.log([...codes]);
});

it('stores every event where nothing goes wrong', { timeout: 600_000 }, async () => {
  await assertAlways('calm', calmPlan, SEEDS / 10, (planned, observed) => {
    checkPromises(planned, observed);
    for (const { events, results } of observed.requests)
      events.forEach(({ id, kind }, i) => {
        if (kind === 'view' || kind === 'order') expect(results[i], id).toHaveProperty('SequenceNumber');
      });
  });
});
