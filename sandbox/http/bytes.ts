/** Node gives header values and paths one byte per character; plugins speak UTF-8. */

/** What came over HTTP, as text for a plugin. */
export function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** A plugin's text, as Node sends it. */
export function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/**
 * A header's value as it may stand on the wire.
 *
 * Control characters are percent-encoded, as OpenResty does: a plugin that passes on a client's text can't be made
 * to split a header.
 */
export function headerBytes(text: string): string {
  return bytesOf(text).replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
    /[\u0000-\u0008\u000a-\u001f\u007f]/g,
    (control) => `%${control.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
