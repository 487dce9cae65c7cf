import type { Reservation } from '../../../pluginserver/pdk';
import type { Config } from '../config/config';
import { Refusal } from '../refusals';
import { bodyTooLarge } from '../request/bodyTooLarge';
import { WORK_PER_BYTE } from '../request/workPerByte';

/** The server's fields of one event fit into this, so no memory is reserved for them separately. */
const ROOM_BYTES = 1024;

/** Checks the sizes of a request's events against both limits and the available memory, before memory is taken for them. */
export class EventSizes {
  private total = 0;
  private ofThisEvent = 0;
  /** Bytes of events that memory is reserved for. */
  private room: number;

  /**
   * @param several whether the body's limit also applies to the sum of the events
   * @param textBytes of the body, for which memory is already reserved
   */
  constructor(
    private readonly limits: Pick<Config, 'maxEventBytes' | 'maxBodyBytes'>,
    private readonly several: boolean,
    textBytes: number,
    private readonly work: Reservation,
  ) {
    this.room = textBytes + ROOM_BYTES;
  }

  nextEvent(): void {
    this.ofThisEvent = 0;
  }

  /**
   * Counts an event, or its growth since the last call. Events that are too large count as well: shared fields cost their
   * bytes for every event, accepted or not.
   *
   * @param bytes the event's least size
   * @throws Refusal `event_too_large`, or `body_too_large` and `overloaded` for the request as a whole
   */
  count(bytes: number): void {
    this.total += Math.max(0, bytes - this.ofThisEvent);
    this.ofThisEvent = Math.max(bytes, this.ofThisEvent);
    const { maxEventBytes, maxBodyBytes } = this.limits;
    if (this.several && this.total > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
    checkEventBytes(bytes, maxEventBytes);
    if (this.total > this.room) this.makeRoom();
  }

  /** Events outgrow the body through the server's fields and those that an envelope's events share. */
  private makeRoom(): void {
    const room = Math.max(this.total, this.room * 2);
    if (!this.work.grow((room - this.room) * WORK_PER_BYTE)) throw new Refusal('overloaded');
    this.room = room;
  }
}

/** @throws Refusal `event_too_large` */
export function checkEventBytes(bytes: number, maxEventBytes: number): void {
  if (bytes > maxEventBytes)
    throw new Refusal('event_too_large', `the event has ${bytes} bytes, the limit is ${maxEventBytes} bytes`);
}
