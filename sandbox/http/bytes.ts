/** In Node, header values and paths have one character per byte; plugins use UTF-8. */

/** Bytes received over HTTP, as text for a plugin. */
export function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** A plugin's text, in the form that Node sends. */
export function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/**
 * A header's value in a form that is safe on the wire.
 *
 * Control characters are percent-encoded, as in OpenResty: a plugin that passes on a client's text can't be made
 * to split a header.
 */
export function headerBytes(text: string): string {
  return bytesOf(text).replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
    /[\u0000-\u0008\u000a-\u001f\u007f]/g,
    (control) => `%${control.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
