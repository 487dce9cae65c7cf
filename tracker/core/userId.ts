/** What templates and missing values leave in place of an id. */
const NO_ID = /^(|undefined|null|NaN|-?Infinity|\[object.*)$/;
const MAX_LENGTH = 256;

/** @returns undefined for anything that is not one person's id */
export function userIdOf(value: unknown): string | undefined {
  const id = /string|number/.test(typeof value) ? `${value}`.trim() : '';
  return NO_ID.test(id) || id.length > MAX_LENGTH ? undefined : id;
}
