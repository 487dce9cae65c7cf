/**
 * A transformation for `npm run bad-events`: saves what is left whole in a body that was cut off, and the members of a list
 * that was sent as text. Take out what doesn't fit your clients.
 */

/** @param {{ reason: string, received_at: string, truncated: boolean }} bad @param {Buffer} bytes */
export default function repair(bad, bytes) {
  // The end of it is lost.
  if (bad.truncated) return undefined;
  const text = bytes.toString();
  switch (bad.reason) {
    case 'unsupported_media_type':
      // Right, but for its header.
      return eventsIn(text, bad);
    case 'not_an_object':
      // An event that was encoded twice.
      return eventsIn(parse(text), bad);
    case 'invalid_json':
      // A comma too many before the end of an object, as templates leave one. (A `,}` within a text loses its comma, too.)
      return eventsIn(text.replace(/,(\s*[}\]])/g, '$1'), bad);
    default:
      return undefined;
  }
}

function eventsIn(text, { received_at }) {
  const value = typeof text === 'string' ? parse(text) : undefined;
  const all = Array.isArray(value) ? value : [value];
  return all
    .filter((event) => typeof event === 'object' && event !== null && !Array.isArray(event))
    .map((event) => ({ timestamp: received_at, ...event }));
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
