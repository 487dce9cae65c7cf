import { Refusal } from '../refusals';

export function bodyTooLarge(maxBytes: number): Refusal {
  return new Refusal('body_too_large', `the body is larger than the limit of ${maxBytes} bytes`);
}
