/** The part of a frame that has arrived so far, for frames that span several chunks. */

/** A frame reserves at most this much memory when it begins. Beyond that, memory grows with the bytes that arrive. */
const MAX_RESERVED_BYTES = 512 * 1024;

export class PartialFrame {
  private bytes: Buffer | undefined;
  private received = 0;

  /**
   * @param size of the whole frame, in bytes
   * @returns the frame's own memory, complete once `size` bytes have been appended
   */
  append(chunk: Buffer, size: number): Buffer {
    const needed = this.received + chunk.length;
    if (this.bytes === undefined || this.bytes.length < needed) {
      const wanted = Math.max(needed, MAX_RESERVED_BYTES, (this.bytes?.length ?? 0) * 2);
      const grown = Buffer.allocUnsafeSlow(Math.min(size, wanted));
      this.bytes?.copy(grown, 0, 0, this.received);
      this.bytes = grown;
    }
    chunk.copy(this.bytes, this.received);
    this.received = needed;
    return this.bytes;
  }

  /** The next bytes belong to another frame. */
  clear(): void {
    this.bytes = undefined;
    this.received = 0;
  }
}
