/** The part of a frame that has come, where a frame doesn't come in one chunk. */

/** A frame reserves at most this much memory when it begins. Beyond it, memory grows with the bytes that have come. */
const MAX_RESERVED_BYTES = 512 * 1024;

export class PartialFrame {
  private bytes: Buffer | undefined;
  private received = 0;

  /**
   * @param size of the whole frame, in bytes
   * @returns memory of the frame's own, which is whole once `size` bytes have been appended
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

  /** The next bytes are another frame's. */
  clear(): void {
    this.bytes = undefined;
    this.received = 0;
  }
}
