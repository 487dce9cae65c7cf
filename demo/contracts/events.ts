/** Made by `kinesis-ingest-contracts types`: what `createTracker<Events>()` takes. */
export interface Events {
  /**
   * Somebody wants to read the shop's letter.
   */
  'Letter Requested': {
    /**
     * Which letter.
     */
    list: string;
  };
  /**
   * Somebody puts a lamp into the cart. The shop says what lamp in attributes of the button, so that both are texts.
   */
  'Product Added': {
    /**
     * Of the lamp.
     */
    sku: string;
    /**
     * In euros.
     */
    price: string;
    [k: string]: unknown;
  };
}
