/**
 * Kong's Plugin Development Kit as a plugin sees it: Kong's functions in camelCase.
 *
 * A getter's promise settles with Kong's answer. A setter's promise is settled at once: Kong carries out calls in their
 * order and itself ends a request with a 500 when a call fails, so there is nothing to wait for. Calls made in one turn
 * of the event loop travel in one write. A rejected call that nobody waits for is ignored.
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
    /** Address of the client, as far as `trusted_ips` lets Kong believe what it is told (nginx `$remote_addr`). */
    getForwardedIp(): Promise<string>;
    getPort(): Promise<number>;
    getForwardedPort(): Promise<number>;
    /** Who has authenticated itself, by key-auth, jwt and the like; undefined where nobody has. */
    getConsumer(): Promise<Consumer | undefined>;
  };
  readonly ctx: {
    readonly shared: {
      /** A value that another plugin of the same request has left; null where there is none. */
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
  /** An nginx variable of this request; undefined where it is empty or unknown. */
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
    /** The query string without `?`; empty where there is none. */
    getRawQuery(): Promise<string>;
    getQueryArg(name: string): Promise<string | undefined>;
    getQuery(max?: number): Promise<Query>;
    getHeader(name: string): Promise<string | undefined>;
    /** Names are in lower case. @param max 1 to 1000, default 100; Kong leaves out the rest */
    getHeaders(max?: number): Promise<Headers>;
    /**
     * The body as it came, in memory that nothing else writes to.
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
    /** Answers the client and ends the event, whose later calls are refused. An object goes out as JSON. */
    exit(status: number, body?: string | Uint8Array | object | null, headers?: Headers): Promise<void>;
  };
  readonly router: { getRoute(): Promise<Route>; getService(): Promise<Service> };
  readonly service: {
    /** @param name of an upstream entity. @returns false where Kong knows none of that name */
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
      /** Always empty in Kong 3.9's `response` phase. Ask for each by its name, or kong.response for all that go out. */
      getHeaders(max?: number): Promise<Headers>;
      getRawBody(): Promise<Uint8Array>;
    };
  };
}

/** What the plugin server gives each instance, so that no request takes more memory than there is. */
export interface Memory {
  /** Opens an empty account for work on a client's request. @param client its address */
  reserve(client: string): Reservation;
}

/** Memory that one piece of work holds. Whoever opened it releases it when the work ends, however it ends. */
export interface Reservation {
  /** @returns false where the process, or this client, has no such room; nothing is reserved then */
  grow(bytes: number): boolean;
  shrink(bytes: number): void;
  /** Gives everything back. To do so again has no effect. */
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
    /** A getter that the plugin's export `Reads` does not declare, where a front sends what is declared. */
    | 'ERR_NOT_CARRIED';
}
