import type { Transport } from './types.js';

export interface FetchTransportOptions {
  /** The gateway's route, for example `https://collect.example.com/events`. */
  endpoint: string;
  /**
   * Sent as `Content-Type`. Default `application/json`. A page sends `text/plain`: the request then needs no
   * preflight. https://fetch.spec.whatwg.org/#cors-safelisted-request-header
   */
  contentType?: string;
  /** Whether cookies are sent. Default `omit`. */
  credentials?: RequestCredentials;
  /** After this many milliseconds without an answer a request counts as failed. Default 30000. */
  timeoutMs?: number;
  /** Default: the global one. */
  fetch?: typeof fetch;
}

/** Posts with fetch: browsers, Node, React Native. */
export function fetchTransport(options: FetchTransportOptions): Transport {
  return async (body, { keepalive }) => {
    // AbortSignal.timeout is missing in React Native and in browsers before 2022.
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), options.timeoutMs ?? 30_000);
    try {
      const response = await (options.fetch ?? fetch)(options.endpoint, {
        method: 'POST',
        // A plain object, since scripts that watch requests copy it.
        headers: { 'Content-Type': options.contentType ?? 'application/json' },
        body,
        credentials: options.credentials ?? 'omit',
        keepalive,
        signal: abort.signal,
      });
      const text = await response.text();
      return { status: response.status, header: (name) => response.headers.get(name), text };
    } finally {
      clearTimeout(timer);
    }
  };
}
