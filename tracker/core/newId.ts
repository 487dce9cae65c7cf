/** A UUID v4, also where a page without HTTPS has no crypto.randomUUID, and React Native no crypto at all. */
export function newId(): string {
  const { crypto } = globalThis;
  if (crypto?.randomUUID) return crypto.randomUUID();
  const bytes = crypto?.getRandomValues?.(new Uint8Array(36));
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (kind, at: number) => {
    const digit = (bytes ? bytes[at]! : Math.random() * 16) & 15;
    return (kind === 'x' ? digit : (digit & 3) | 8).toString(16);
  });
}
