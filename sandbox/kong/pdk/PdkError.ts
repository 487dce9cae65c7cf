/** A call that Kong's PDK would refuse: that request is answered with 500. */
export class PdkError extends Error {
  override readonly name = 'PdkError';
}
