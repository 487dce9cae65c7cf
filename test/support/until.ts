export type Pending<T> = T | undefined | null | false;

/** Waits until a condition holds, instead of sleeping. */
export async function until<T>(
  what: string,
  condition: () => Pending<T> | Promise<Pending<T>>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
