/** What templates and missing values leave where an id should be. */
const NO_ID = /^(|undefined|null|NaN|-?Infinity|\[object.*)$/;
const MAX_LENGTH = 256;

/** @returns undefined for what is no id of one person */
export function userIdOf(value: unknown): string | undefined {
  const id = /string|number/.test(typeof value) ? `${value}`.trim() : '';
  return NO_ID.test(id) || id.length > MAX_LENGTH ? undefined : id;
}
