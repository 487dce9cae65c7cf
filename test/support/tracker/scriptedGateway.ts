/** A transport that answers as the gateway would, one scripted answer per batch, and keeps what it was sent. */

import type { Answer, TrackedEvent, Transport } from '../../../tracker/core/types';

export interface SentBatch {
  batch: TrackedEvent[];
  sentAt: string;
  user_id?: string;
  context?: Record<string, unknown>;
}

type Scripted = Partial<Answer> & { headers?: Record<string, string>; body?: unknown };

export interface ScriptedGateway {
  transport: Transport;
  sent: SentBatch[];
  keepalive: boolean[];
  /** Answers the next batches so, one after the other; all others are stored. */
  answerNext(...answers: (Scripted | 'no answer')[]): void;
  /** Message ids of all that it has stored, in order. */
  stored: string[];
  names(): (string | undefined)[][];
}

export function scriptedGateway(): ScriptedGateway {
  const scripted: (Scripted | 'no answer')[] = [];
  const gateway: ScriptedGateway = {
    sent: [],
    keepalive: [],
    stored: [],
    answerNext: (...answers) => scripted.push(...answers),
    names: () => gateway.sent.map(({ batch }) => batch.map(({ event }) => event)),
    async transport(body, { keepalive }) {
      const request = JSON.parse(body) as SentBatch;
      gateway.sent.push(request);
      gateway.keepalive.push(keepalive);
      const answer = scripted.shift() ?? { body: storedAnswer(request.batch.length) };
      if (answer === 'no answer') throw new TypeError('Failed to fetch');
      const { Records = [] } = (answer.body ?? {}) as { Records?: { ErrorCode?: string }[] };
      request.batch.forEach(({ messageId }, i) => {
        if (Records[i] && !Records[i].ErrorCode) gateway.stored.push(messageId);
      });
      return {
        status: answer.status ?? 200,
        header: (name) => answer.headers?.[name] ?? null,
        text: answer.text ?? JSON.stringify(answer.body ?? {}),
      };
    },
  };
  return gateway;
}

export function storedAnswer(count: number): unknown {
  return { FailedRecordCount: 0, Records: Array.from({ length: count }, (_, i) => stored(i)) };
}

export const stored = (i = 0) => ({ SequenceNumber: `${i + 1}`, ShardId: 'shardId-000000000000' });
export const failed = (ErrorCode: string) => ({ ErrorCode, ErrorMessage: '' });
export const refusal = (code: string, more: object = {}) => ({ error: { code, message: '', ...more } });
