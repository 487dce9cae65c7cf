/** One of our programs in a separate process, whose functions its parent can call. */

import { type ChildOptions, startChild } from './childProcess';
import { compiled } from './packageRoot';
import { StartError } from './StartError';

// biome-ignore lint/suspicious/noExplicitAny: a function of whatever kind
type Functions = Record<string, (...args: any[]) => unknown>;

/** The functions as the parent sees them: each resolves when the other process has answered. */
export type Remote<F> = {
  [K in keyof F]: F[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};

export interface Program<F> {
  readonly pid: number;
  readonly functions: Remote<F>;
  /** Resolves when the process is gone, with a description of how it ended. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}

type Message = { ready: true } | { id: number; result?: unknown; error?: string };

/** For the program: reports that it is up, and answers its parent from then on. */
export function serveParent(functions: Functions): void {
  process.on('message', async ({ id, name, args }: { id: number; name: string; args: unknown[] }) => {
    try {
      process.send!({ id, result: await functions[name]!(...args) });
    } catch (error) {
      process.send!({ id, error: (error as Error).message });
    }
  });
  process.channel?.ref();
  process.once('SIGTERM', () => process.exit(0));
  process.send!({ ready: true });
}

/**
 * @param script below the package's root, compiled
 * @returns when it is up. @throws StartError when it ends before
 */
export async function startProgram<F>(script: string, options: ChildOptions): Promise<Program<F>> {
  const child = startChild(compiled(script), {
    onErrorLine: (line) => void process.stderr.write(`${line}\n`),
    ...options,
  });
  const waiting = new Map<number, PromiseWithResolvers>();
  let lastId = 0;

  function call(name: string, args: unknown[]): Promise<unknown> {
    if (child.hasExited) return Promise.reject(new Error(`${script} has ended`));
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      child.process.send({ id, name, args });
    });
  }

  const ready = new Promise<void>((resolve) => {
    child.process.on('message', (message: Message) => {
      if ('ready' in message) return resolve();
      const { id, result, error } = message;
      if (error === undefined) waiting.get(id)?.resolve(result);
      else waiting.get(id)?.reject(new Error(error));
      waiting.delete(id);
    });
  });
  void child.exited.then((how) => {
    for (const { reject } of waiting.values()) reject(new Error(`${script} ended (${how})`));
  });
  await Promise.race([
    ready,
    child.exited.then((how) => {
      throw new StartError(`${script} ended (${how}) before it was up: ${child.lastWords()}`);
    }),
  ]);
  const functions = new Proxy({} as Remote<F>, {
    get: (_, name) => (name === 'then' ? undefined : (...args: unknown[]) => call(String(name), args)),
  });
  return { pid: child.pid, functions, exited: child.exited, stop: () => child.stop() };
}

interface PromiseWithResolvers {
  resolve(value: unknown): void;
  reject(error: Error): void;
}
