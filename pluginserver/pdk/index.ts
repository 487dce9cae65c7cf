/**
 * Kong's Plugin Development Kit as a plugin sees it: Kong's functions in camelCase.
 *
 * A getter's promise settles with Kong's answer. A setter's promise settles at once: Kong carries out calls in order and,
 * when one fails, ends the request with a 500 itself, so there is nothing to wait for. Calls made in one turn of the event
 * loop travel in one write. A rejected call that nobody waits for is ignored.
 *
 * @see https://developer.konghq.com/gateway/pdk/reference/
 */

import type { Consumer, Route, Service } from '../protocol/entities';
import type { Value } from '../protocol/values';

export type { Consumer, Route, Service, Value };

/** A header's value; an empty list removes the header. */
export type HeaderValue = string | readonly string[];
export type Headers = Record<string, HeaderValue>;
export type Query = Record<string, string | boolean | readonly (string | boolean)[]>;

export interface Kong {
  readonly client: {
    /** Address of the peer, which may be a load balancer. */
    getIp(): Promise<string>;
    /** Address of the client, which Kong takes from proxies only as far as `trusted_ips` allows (nginx `$remote_addr`). */
    getForwardedIp(): Promise<string>;
    getPort(): Promise<number>;
    getForwardedPort(): Promise<number>;
    /** The consumer authenticated by key-auth, jwt and the like; undefined if there is none. */
    getConsumer(): Promise<Consumer | undefined>;
  };
  readonly ctx: {
    readonly shared: {
      /** A value left by another plugin on the same request; null if there is none. */
      get(key: string): Promise<Value>;
      set(key: string, value: Value): Promise<void>;
    };
  };
  readonly ip: { isTrusted(address: string): Promise<boolean> };
  /** Kong's own error log. */
  readonly log: Record<
    'alert' | 'crit' | 'err' | 'warn' | 'notice' | 'info' | 'debug',
    (...args: Value[]) => Promise<void>
  >;
  /** An nginx variable of this request; undefined if empty or unknown. */
  readonly nginx: { getVar(name: string): Promise<string | undefined> };
  readonly node: { getId(): Promise<string> };
  readonly request: {
    getScheme(): Promise<string>;
    getHost(): Promise<string>;
    getPort(): Promise<number>;
    getForwardedScheme(): Promise<string>;
    getForwardedHost(): Promise<string>;
    getForwardedPort(): Promise<number>;
    getHttpVersion(): Promise<number>;
    getMethod(): Promise<string>;
    getPath(): Promise<string>;
    getPathWithQuery(): Promise<string>;
    /** The query string without `?`; empty if there is none. */
    getRawQuery(): Promise<string>;
    getQueryArg(name: string): Promise<string | undefined>;
    getQuery(max?: number): Promise<Query>;
    getHeader(name: string): Promise<string | undefined>;
    /** Names are in lower case. @param max 1 to 1000, default 100; Kong omits the rest */
    getHeaders(max?: number): Promise<Headers>;
    /**
     * The body as it arrived, in memory that nothing else writes to.
     *
     * @throws an error with `code` `ERR_BODY_IN_FILE` when nginx has spilled the body to a file, and
     * `ERR_ANSWER_TOO_LARGE` when it exceeds the plugin server's frame limit.
     */
    getRawBody(): Promise<Uint8Array>;
  };
  readonly response: {
    getStatus(): Promise<number>;
    getHeader(name: string): Promise<string | undefined>;
    getHeaders(max?: number): Promise<Headers>;
    getSource(): Promise<string>;
    setStatus(status: number): Promise<void>;
    setHeader(name: string, value: HeaderValue): Promise<void>;
    addHeader(name: string, value: HeaderValue): Promise<void>;
    clearHeader(name: string): Promise<void>;
    setHeaders(headers: Headers): Promise<void>;
    /** Answers the client and ends the event; later calls are refused. An object goes out as JSON. */
    exit(status: number, body?: string | Uint8Array | object | null, headers?: Headers): Promise<void>;
  };
  readonly router: { getRoute(): Promise<Route>; getService(): Promise<Service> };
  readonly service: {
    /** @param name of an upstream entity. @returns false if Kong knows none by that name */
    setUpstream(name: string): Promise<boolean>;
    setTarget(host: string, port: number): Promise<void>;
    readonly request: {
      setScheme(scheme: string): Promise<void>;
      setPath(path: string): Promise<void>;
      setRawQuery(query: string): Promise<void>;
      setMethod(method: string): Promise<void>;
      setQuery(query: Query): Promise<void>;
      setHeader(name: string, value: string): Promise<void>;
      addHeader(name: string, value: HeaderValue): Promise<void>;
      clearHeader(name: string): Promise<void>;
      setHeaders(headers: Headers): Promise<void>;
      /** Sets Content-Length too. The bytes are sent as they are: do not change them afterwards. */
      setRawBody(body: string | Uint8Array): Promise<void>;
    };
    readonly response: {
      getStatus(): Promise<number>;
      getHeader(name: string): Promise<string | undefined>;
      /** Always empty in Kong 3.9's `response` phase. Get each by name, or use kong.response for all that go out. */
      getHeaders(max?: number): Promise<Headers>;
      getRawBody(): Promise<Uint8Array>;
    };
  };
}

/** What the plugin server gives each instance, so that requests never take more memory than there is. */
export interface Memory {
  /** Opens an empty account for work on a client's request. @param client its address */
  reserve(client: string): Reservation;
}

/** Memory held by one piece of work. Whoever opened it releases it when the work ends, however it ends. */
export interface Reservation {
  /** @returns false if the process, or this client, has no room for that; nothing is reserved then */
  grow(bytes: number): boolean;
  shrink(bytes: number): void;
  /** Gives everything back. Calling it again has no effect. */
  release(): void;
}

/** Error of a PDK call; `code` is stable. */
export interface PdkError extends Error {
  readonly code:
    | 'ERR_BODY_IN_FILE'
    | 'ERR_ANSWER_TOO_LARGE'
    | 'ERR_BAD_ANSWER'
    | 'ERR_NO_BODY'
    | 'ERR_EVENT_OVER'
    | 'ERR_CONNECTION_CLOSED'
    /** A getter that the plugin's export `Reads` does not declare, if a front sends only what is declared. */
    | 'ERR_NOT_CARRIED';
}
