/** The delivery of batches in virtual time, before a model of AWS in which everything may go wrong. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { calmPlan, type Plan, plan } from '../../support/simulation/plan';
import { checkAllStored, checkPromises } from '../../support/simulation/promises';
import { type Observed, simulate } from '../../support/simulation/simulate';

const SEEDS = 10_000;
/** The seeds are the same ones each time, and other ones in `npm run fuzz`. */
const FIRST_SEED = 20_261_128;
const TIMEOUT_MS = 600_000;

/** What a failure prints: `PROPERTY/SEED/PATH`, to run that one simulation again. */
const [replayed, seed, path] = process.env.SIMULATION?.split('/') ?? [];

/** @throws Error with what is broken, the smallest plan that breaks it, and the line that runs it again */
async function simulateAll(
  property: string,
  plans: fc.Arbitrary<Plan>,
  numRuns: number,
  check: (planned: Plan, observed: Observed) => void,
): Promise<void> {
  const simulation = fc.asyncProperty(plans, fc.scheduler(), async (planned, scheduler) => {
    check(planned, await simulate(planned, scheduler));
  });
  const firstSeed = process.env.FUZZ_RUNS ? {} : { seed: FIRST_SEED };
  const which = path === undefined ? firstSeed : { seed: Number(seed), path };
  const found = await fc.check(simulation, { numRuns, ...which });
  if (!found.failed) return;
  const broken = (found.errorInstance as Error).message;
  const again = `SIMULATION=${property}/${found.seed}/${found.counterexamplePath} npm run unit -- test/unit/simulation`;
  throw new Error(`${broken}\n\n${fc.defaultReportMessage(found)}\n\nTo see it again:\n${again}\n`);
}

it.skipIf(replayed === 'calm')(
  'keeps every promise, whatever AWS and the event loop do, and whenever the end comes',
  { timeout: TIMEOUT_MS },
  async () => {
    const told = new Set<string>();
    let mostUnderWay = 0;
    await simulateAll('any', plan, SEEDS, (planned, observed) => {
      checkPromises(planned, observed);
      mostUnderWay = Math.max(mostUnderWay, observed.aws.mostUnderWay);
      for (const { status, code } of observed.requests) told.add(`${status} ${code ?? ''}`.trim());
    });
    if (replayed !== undefined) return;
    // Nothing that can be told of an event has been left out.
    expect([...told].sort()).toEqual([
      '200',
      '400 not_an_object',
      '422 invalid_events',
      '429 throttled',
      '502 event_rejected',
      '502 upstream_rejected',
      '503 credentials_unavailable',
      '503 deadline_exceeded',
      '503 kinesis_unavailable',
      '503 overloaded',
      '503 queue_full',
    ]);
    expect(mostUnderWay).toBe(16);
  },
);

it.skipIf(replayed === 'any')(
  'stores every event where AWS only refuses a clock, and credentials that it has taken back',
  { timeout: TIMEOUT_MS },
  async () => {
    await simulateAll('calm', calmPlan, SEEDS / 10, (planned, observed) => {
      checkPromises(planned, observed);
      checkAllStored(observed);
    });
  },
);
