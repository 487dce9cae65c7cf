/** Kong's side of the PDK as a script of expected calls, which fails at the first wrong one with its number. */

import { expect } from 'vitest';
import { Reads as ingestReads } from '../../../plugins/kinesis-ingest';
import { Reads as replyReads } from '../../../plugins/kinesis-reply';
import type { Kong } from '../../../pluginserver/pdk';
import { METHODS } from '../../../pluginserver/protocol/methods';

/** Names of all methods below a namespace of the PDK: `client.getForwardedIp`. */
type MethodOf<Namespace, Prefix extends string = ''> = {
  [Name in keyof Namespace & string]: Namespace[Name] extends (...args: never[]) => unknown
    ? `${Prefix}${Name}`
    : MethodOf<Namespace[Name], `${Prefix}${Name}.`>;
}[keyof Namespace & string];

export type PdkMethod = MethodOf<Kong>;

export interface Step {
  method: PdkMethod;
  /** Compared strictly; may hold vitest's asymmetric matchers. */
  args: unknown[];
  answer?: unknown;
  /** What the call's promise is rejected with. */
  rejection?: unknown;
}

export interface ScriptedKong {
  kong: Kong;
  /** All calls so far, in order. */
  calls: { method: string; args: unknown[] }[];
  /** How often calls had to be waited for: calls made in one turn are answered together. */
  roundTrips(): number;
  /** Throws what went wrong first, or for steps that have not been made. */
  verify(): void;
}

export function call(method: PdkMethod, ...args: unknown[]): Step & { answers(answer: unknown): Step } {
  const step = { method, args };
  return { ...step, answers: (answer) => ({ ...step, answer }) };
}

/** What the plugins declare, for a front to send it. */
const DECLARED = new Set([...ingestReads.access, ...replyReads.response]);
const GETTERS = new Map(
  Object.entries(METHODS)
    .filter(([, { answers }]) => answers === 'value')
    .map(([name]) => [camelCase(name.slice('kong.'.length)), name]),
);

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function isCarried(method: string, args: readonly unknown[]): boolean {
  const getter = GETTERS.get(method);
  return getter === undefined || DECLARED.has([getter, ...args].join(' '));
}

export function scriptedKong(script: readonly Step[]): ScriptedKong {
  const calls: ScriptedKong['calls'] = [];
  let fault: Error | undefined;
  let roundTrips = 0;
  let answering: Promise<void> | undefined;

  /** Settles once the turn in which the calls are made is over. */
  function nextAnswers(): Promise<void> {
    answering ??= new Promise((resolve) => {
      roundTrips++;
      setImmediate(() => {
        answering = undefined;
        resolve();
      });
    });
    return answering;
  }

  async function play(method: string, args: unknown[]): Promise<unknown> {
    calls.push({ method, args });
    const step = script[calls.length - 1];
    fault ??= faultOf(calls.length, step, method, args);
    await nextAnswers();
    if (fault !== undefined) throw fault;
    if (step !== undefined && 'rejection' in step) throw step.rejection;
    return step?.answer;
  }

  return {
    kong: namespace('', play) as Kong,
    calls,
    roundTrips: () => roundTrips,
    verify() {
      if (fault !== undefined) throw fault;
      const missing = script[calls.length];
      if (missing !== undefined)
        throw new Error(`step ${calls.length + 1}: ${missing.method} was not called`);
    },
  };
}

function faultOf(number: number, step: Step | undefined, method: string, args: unknown[]): Error | undefined {
  if (step === undefined) return new Error(`step ${number}: ${method} was called after the script's end`);
  if (!isCarried(method, args)) {
    return new Error(`step ${number}: ${method}(${args}) is not among the plugin's Reads`);
  }
  if (step.method !== method) {
    return new Error(`step ${number}: ${method} was called instead of ${step.method}`);
  }
  try {
    expect(args, `step ${number}: arguments of ${method}`).toStrictEqual(step.args);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** Any path of names is callable, as with the stock server's PDK. */
function namespace(path: string, play: (method: string, args: unknown[]) => Promise<unknown>): unknown {
  return new Proxy(() => undefined, {
    get: (_, name) => namespace(path === '' ? String(name) : `${path}.${String(name)}`, play),
    apply: (_, __, args: unknown[]) => play(path, args),
  });
}
