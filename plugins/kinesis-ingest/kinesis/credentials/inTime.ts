import type { StaticCredentials } from '../../config/config';
import { Refusal } from '../../refusals';

/** @throws Refusal `credentials_unavailable` where they haven't come in time: their source may take longer than a client */
export async function inTime(
  coming: Promise<StaticCredentials>,
  deadlineMs: number,
): Promise<StaticCredentials> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Refusal('credentials_unavailable'));
    }, deadlineMs);
  });
  try {
    return await Promise.race([coming, late]);
  } finally {
    clearTimeout(timer);
  }
}
