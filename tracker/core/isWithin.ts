/** Whether `time` is within `ms` of now, by the device's clock. A future time dates from before the clock was set back. */
export function isWithin(ms: number, time: number): boolean {
  return Math.abs(Date.now() - time) < ms;
}
