import { describe, expect, it } from 'vitest';
import type { ClientAnswer } from '../../../load/faults/clients';
import { type Evidence, judge } from '../../../load/faults/judge';

const MB = 1024 * 1024;

/** Ten events, one each second, all acknowledged and stored; a fault from second 3 to second 5. */
function evidence(changes: Partial<Evidence> = {}): Evidence {
  const ids = Array.from({ length: 10 }, (_, i) => `e${i}`);
  return {
    answers: ids.map((_, i) => answer(i)),
    stored: ids,
    faultAt: 3_000,
    healedAt: 5_000,
    endedAt: 9_500,
    deadlineMs: 2_000,
    calls: 10,
    violations: 0,
    examples: [],
    leaks: 0,
    memory: { before: 80 * MB, peak: 90 * MB, after: 85 * MB },
    ...changes,
  };
}

function answer(number: number, changes: Partial<ClientAnswer> = {}): ClientAnswer {
  return { id: `e${number}`, outcome: '200', dueAt: number * 1_000, tookMs: 5, ...changes };
}

/** The ledger with some answers replaced. */
function withAnswers(...replaced: ClientAnswer[]): Partial<Evidence> {
  return {
    answers: evidence().answers.map((one) => replaced.find(({ id }) => id === one.id) ?? one),
  };
}

describe('the verdict on a fault', () => {
  it('is clean where every acknowledged event is stored and service is back', () => {
    expect(judge(evidence())).toMatchObject({
      sent: 10,
      acknowledged: 10,
      stored: 10,
      storedTwice: 0,
      lost: 0,
      late: 0,
      recoveryMs: 0,
      broken: [],
    });
  });

  it('is clean where events are refused, stored though refused, or stored twice', () => {
    const refused = withAnswers(answer(3, { outcome: '503' }), answer(4, { outcome: 'ECONNRESET' }));
    const stored = [...evidence().stored.filter((id) => id !== 'e4'), 'e5'];
    expect(judge(evidence({ ...refused, stored }))).toMatchObject({
      acknowledged: 8,
      stored: 9,
      storedTwice: 1,
      refused: { 503: 1, ECONNRESET: 1 },
      broken: [],
    });
  });

  it('measures the recovery from the fault’s end to the last event that was refused', () => {
    const { recoveryMs } = judge(
      evidence(withAnswers(answer(4, { outcome: '500' }), answer(7, { outcome: '500' }))),
    );
    expect(recoveryMs).toBe(2_000);
  });

  it('leaves out what was refused before the fault', () => {
    expect(judge(evidence(withAnswers(answer(1, { outcome: '500', tookMs: 100 }))))).toMatchObject({
      sent: 9,
      refused: {},
      broken: [],
    });
  });

  it.each<[string, Partial<Evidence>, string]>([
    [
      'an event is acknowledged and not stored',
      { stored: evidence().stored.filter((id) => id !== 'e3') },
      '1 events acknowledged and not stored',
    ],
    [
      'something unsigned has reached Kinesis',
      { violations: 2, examples: ['POST without a signature'] },
      '2 calls that must not reach Kinesis: POST without a signature',
    ],
    [
      'an answer comes after its deadline',
      withAnswers(answer(4, { outcome: '503', tookMs: 2_001 })),
      '1 answers after their deadline of 2000 ms',
    ],
    [
      'events are still refused in the last second',
      withAnswers(answer(9, { outcome: '503' })),
      'not back to acknowledging every event',
    ],
    ['nothing is acknowledged at all', { answers: [], stored: [] }, 'not back to acknowledging every event'],
    [
      'memory has grown too far',
      { memory: { before: 80 * MB, peak: 300 * MB, after: 80 * MB } },
      'memory grew from 84 to 315 MB',
    ],
    ['a secret is in the log', { leaks: 1 }, '1 log lines with a secret or an event'],
  ])('names it when %s', (_, changes, broken) => {
    expect(judge(evidence(changes)).broken).toEqual([broken]);
  });
});
