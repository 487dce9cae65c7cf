import type { Config } from '../config/config';
import { Refusal } from '../refusals';
import { bodyTooLarge } from '../request/readBody';

/** Checks the bytes of a request's events against both limits, before memory is taken for them. */
export class EventSizes {
  private total = 0;
  private ofThisEvent = 0;

  /** @param several whether the body's limit also applies to the sum of the events */
  constructor(
    private readonly limits: Pick<Config, 'maxEventBytes' | 'maxBodyBytes'>,
    private readonly several: boolean,
  ) {}

  nextEvent(): void {
    this.ofThisEvent = 0;
  }

  /**
   * Counts an event, or its growth since the last call. Events that are too large count as well: shared fields cost their
   * bytes for every event, accepted or not.
   *
   * @param bytes the event's least size
   * @throws Refusal `event_too_large`, or `body_too_large` for the request as a whole
   */
  count(bytes: number): void {
    this.total += Math.max(0, bytes - this.ofThisEvent);
    this.ofThisEvent = Math.max(bytes, this.ofThisEvent);
    const { maxEventBytes, maxBodyBytes } = this.limits;
    if (this.several && this.total > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
    checkEventBytes(bytes, maxEventBytes);
  }
}

/** @throws Refusal `event_too_large` */
export function checkEventBytes(bytes: number, maxEventBytes: number): void {
  if (bytes > maxEventBytes)
    throw new Refusal('event_too_large', `the event has ${bytes} bytes, the limit is ${maxEventBytes} bytes`);
}
