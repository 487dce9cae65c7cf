/** Makes AWS's messages fit for the log: without accounts, keys or tokens, and not too long. */

const MAX_LENGTH = 300;

/**
 * Only the first line is kept: a message about a signature goes on with the whole canonical request, session token
 * included.
 */
export function scrubMessage(message: string): string {
  return (
    message
      .split(/[\r\n]/, 1)[0]!
      .slice(0, 4 * MAX_LENGTH)
      // JSON parsers quote what they can't read.
      .replace(/(Unexpected token) .*(is not valid JSON)/, '$1 in what $2')
      .replace(/\barn:aws[^\s,;'")]*/g, '<arn>')
      // Key ids (AKIA, ASIA …), and anything long enough to be a secret, a token or a signature.
      .replace(/\bA[A-Z]{3}[A-Z0-9]{12,}\b/g, '<key id>')
      .replace(/[A-Za-z0-9+/=_%-]{40,}/g, '<removed>')
      .replace(/(?<!shardId-)\b\d{12}\b/g, '<account>')
      .slice(0, MAX_LENGTH)
  );
}
