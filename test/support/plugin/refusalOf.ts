import { JsonError } from '../../../plugins/kinesis-ingest/json/JsonError';
import { Refusal } from '../../../plugins/kinesis-ingest/refusals';

/** The code with which something is refused; `accepted` where it isn't. Other errors pass. */
export function refusalOf(action: () => unknown): { code: string; reason: string } {
  try {
    action();
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, reason: error.reason };
    if (error instanceof JsonError) return { code: error.code, reason: error.message };
    throw error;
  }
  return { code: 'accepted', reason: '' };
}
