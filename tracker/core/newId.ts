/** A UUID v4. crypto.randomUUID is missing in pages without HTTPS. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(36));
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (kind, at: number) => {
    const digit = bytes[at]! & 15;
    return (kind === 'x' ? digit : (digit & 3) | 8).toString(16);
  });
}
