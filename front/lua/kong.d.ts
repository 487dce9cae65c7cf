/** The parts of Lua, OpenResty and Kong 3.9 that the front uses. */

type Phase = 'certificate' | 'rewrite' | 'access' | 'response' | 'preread' | 'log';

/** generate.ts writes it in front of the compiled text. */
declare const PLUGIN: {
  readonly name: string;
  readonly version: string;
  readonly priority: number;
  /** By phase: the getters whose values a frame carries, such as `kong.request.get_headers 1000`. */
  readonly reads: Readonly<Partial<Record<Phase, readonly string[]>>>;
  readonly maxFrameBytes: number;
};

declare namespace string {
  function byte(text: string, at: number): number | undefined;
  function byte(
    text: string,
    from: number,
    to: number,
  ): LuaMultiReturn<[number, number, number, number, number]>;
  function char(...bytes: number[]): string;
  function gmatch(text: string, pattern: string): LuaIterable<LuaMultiReturn<[string]>>;
  function match(text: string, pattern: string): LuaMultiReturn<[string, string]>;
  function sub(text: string, from: number, to?: number): string;
}
declare namespace table {
  function concat(list: readonly string[]): string;
  function sort(list: string[]): void;
}

declare function error(message: string): never;
declare function pcall<A extends unknown[], R>(
  call: (...args: A) => R,
  ...args: A
): LuaMultiReturn<[true, R] | [false, unknown]>;
declare function require(module: 'cjson.safe'): {
  decode(this: void, text: string): unknown;
  encode(this: void, value: unknown): string;
};
declare function require(module: 'table.new'): <T>(list: number, hash: number) => T[];
declare function setmetatable<T>(of: T, meta: object): T;
declare function tonumber(text: string): number | undefined;
declare function tostring(value: unknown): string;
declare function type(value: unknown): string;

/** What a call returns: its value, or nil and the cause. */
type Result<T> = LuaMultiReturn<[T, undefined] | [undefined, string]>;

interface Socket {
  close(): void;
  connect(path: string, options: { pool_size: number; backlog: number }): Result<number>;
  getreusedtimes(): number;
  receive(bytes: number): Result<string>;
  send(data: string[]): Result<number>;
  setkeepalive(idleMs: number): void;
  settimeouts(connectMs: number, sendMs: number, readMs: number): void;
}

declare const ngx: {
  readonly var: Readonly<Record<string, string | undefined>>;
  readonly req: {
    clear_header(this: void, name: string): void;
    get_body_file(this: void): string | undefined;
  };
  readonly socket: { tcp(this: void): Socket };
  readonly timer: { at(this: void, delay: number, call: (this: void, premature: boolean) => void): void };
  md5(this: void, text: string): string;
  now(this: void): number;
  sleep(this: void, seconds: number): void;
};

/** A function of Kong's Plugin Development Kit. */
type Pdk = (this: void, ...args: unknown[]) => LuaMultiReturn<[unknown, unknown]>;

declare const kong: {
  readonly configuration: { readonly pluginservers?: readonly { name: string; socket: string }[] };
  readonly ctx: { readonly shared: Record<string, unknown> };
  readonly log: { err(this: void, ...message: unknown[]): void };
  readonly request: { get_raw_body: Pdk };
  readonly response: { exit: Pdk };
  readonly service: { request: { set_headers: Pdk } };
};
