/** Whether a browser takes the answer to its CORS preflight as a yes: only then does it send the event. */

import type { IncomingHttpHeaders } from 'node:http';
import type { SeenAnswer } from '../../sandbox/http/observe';

/** The code for a preflight that was answered with no. */
export const PREFLIGHT = 'cors_preflight';

export function isPreflight(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/** @returns why the browser sends no event; undefined if it does. https://fetch.spec.whatwg.org/#cors-preflight-fetch */
export function preflightRefusal(
  asked: IncomingHttpHeaders,
  { status, headers }: SeenAnswer,
): string | undefined {
  const { origin = '' } = asked;
  const allowed = (name: string) => listOf(headers[`access-control-allow-${name}`]);
  const wanted = listOf(asked['access-control-request-headers']);
  const missing = wanted.filter((name) => !allowed('headers').some((one) => one === name || one === '*'));
  const method = String(asked['access-control-request-method']).toLowerCase();

  if (status < 200 || status > 299)
    return `The preflight was answered with ${status}, so the browser sends no event.`;
  if (!allowed('origin').some((one) => one === origin.toLowerCase() || one === '*'))
    return `cors doesn’t allow the origin ${origin}, so the browser sends no event.`;
  if (missing.length > 0)
    return `cors doesn’t allow the request’s header ${missing.join(', ')}, so the browser sends no event.`;
  if (method !== 'post' && method !== 'get' && !allowed('methods').includes(method))
    return `cors doesn’t allow the method ${method.toUpperCase()}, so the browser sends no event.`;
  return undefined;
}

/** In lower case. */
function listOf(value: string | string[] | undefined): string[] {
  return [value ?? []]
    .flat()
    .flatMap((text) => text.split(','))
    .map((text) => text.trim().toLowerCase())
    .filter((text) => text !== '');
}
