/** Text in the form allowed in an event. */

import { attempt } from './attempt.js';

/** At most `limit` UTF-16 units, with no half character at the end. */
export function cut(text: string, limit: number): string {
  return text.slice(0, limit).replace(/\p{Surrogate}$/u, '');
}

/**
 * An event's JSON.
 *
 * Prototype.js before 1.7 gives arrays, objects and dates a `toJSON` that turns them into strings, so it is bypassed.
 * A lone surrogate, which not every consumer can read, becomes U+FFFD; a BigInt becomes a string.
 *
 * @throws TypeError for a cycle, and whatever the properties' getters throw
 */
export function stringify(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, converted: unknown) {
    const raw = this[key] as { toJSON?: unknown } | null | undefined;
    if (typeof raw === 'string') return (raw as string).replace(/\p{Surrogate}/gu, '\uFFFD');
    if (typeof raw === 'bigint') return `${raw}`;
    if (raw instanceof Date) return attempt(() => raw.toISOString()) ?? null;
    return [[], {}].some((plain: { toJSON?: unknown }) => raw?.toJSON === plain.toJSON) ? raw : converted;
  });
}

/** An upper bound for its UTF-8 bytes: three per UTF-16 unit. React Native may lack TextEncoder. */
export function byteLength(text: string): number {
  return text.replace(/[^\0-\x7f]/g, '   ').length;
}
