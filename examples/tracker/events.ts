/** What this shop records: a wrong name or property doesn't compile. */
export interface ShopEvents {
  'Product Added': { sku: string; price: number };
  'Order Completed': { total: number; coupon?: string };
  'Help Opened': { topic?: string };
}
