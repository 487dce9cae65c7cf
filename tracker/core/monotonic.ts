/** Milliseconds on a clock that nobody sets, for waits. React Native and old engines may lack it. */
export function monotonic(): number {
  return globalThis.performance?.now?.() ?? Date.now();
}
