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
declare namespace math {
  function max(a: number, b: number): number;
}
declare namespace table {
  function concat(list: readonly string[]): string;
  function insert<T>(list: T[], value: T): void;
  /** @param at from 1 */
  function remove<T>(list: T[], at: number): void;
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
declare function require(module: 'ngx.semaphore'): {
  readonly new: (this: void, posts: number) => Semaphore;
};
declare function require(module: 'table.new'): <T>(list: number, hash: number) => T[];
declare function setmetatable<T>(of: T, meta: object): T;
declare function tonumber(text: string): number | undefined;
declare function tostring(value: unknown): string;
declare function type(value: unknown): string;

/** What a call returns: its value, or nil and the cause. */
type Result<T> = LuaMultiReturn<[T, undefined] | [undefined, string]>;

interface Semaphore {
  post(times: number): void;
  wait(seconds: number): Result<true>;
}

interface Socket {
  close(): void;
  connect(path: string): Result<number>;
  /** Besides nil and the cause, what has come until then. */
  receive(bytes: number): LuaMultiReturn<[string, undefined, undefined] | [undefined, string, string]>;
  send(data: string[][]): Result<number>;
  settimeouts(connectMs: number, sendMs: number, readMs: number): void;
}

type TimerAt = (this: void, delay: number, call: (this: void, premature: boolean) => void) => Result<number>;
/** nginx's own `ngx.timer.at`, which Kong replaces with one of its own. */
declare const native_timer_at: TimerAt | undefined;

declare const ngx: {
  readonly var: Readonly<Record<string, string | undefined>>;
  readonly req: {
    clear_header(this: void, name: string): void;
    get_body_file(this: void): string | undefined;
  };
  readonly socket: { tcp(this: void): Socket };
  readonly thread: {
    kill(this: void, thread: object): void;
    spawn<A extends unknown[]>(this: void, call: (this: void, ...args: A) => void, ...args: A): object;
  };
  readonly timer: { at: TimerAt };
  readonly worker: { exiting(this: void): boolean };
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
