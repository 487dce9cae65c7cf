/** Whether less than `ms` lie between a time of the device's clock and now. A time to come is from before a clock was set back. */
export function isWithin(ms: number, time: number): boolean {
  return Math.abs(Date.now() - time) < ms;
}
