/** Addresses in the form allowed in an event. */

import { attempt } from '../core/attempt.js';
import { cut } from '../core/text.js';

const MAX_LENGTH = 2_048;

export type Clean = (url: string | null | undefined) => string | undefined;

/** @returns a function that returns undefined for what is not an address, or could not be redacted */
export function createClean(redactUrl: ((url: string) => string) | undefined): Clean {
  return (url) => {
    // These are the content itself, or mean nothing outside the page.
    if (!url || /^(data|blob|javascript):/i.test(url)) return undefined;
    // Without user and password.
    const bare = url.replace(/^(\w+:\/\/)[^/?#]*@/, '$1');
    const clean = redactUrl ? attempt(redactUrl, bare) : bare;
    return typeof clean === 'string' ? cut(clean, MAX_LENGTH) : undefined;
  };
}
