import path from 'node:path';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { Kong } from '../../../../pluginserver/pdk';
import { createPdk } from '../../../../pluginserver/pdk/createPdk';
import { type LoadedPlugin, loadPlugin } from '../../../../pluginserver/plugin';
import { METHODS, type MethodName } from '../../../../pluginserver/protocol/methods';
import { hostPlugin } from '../../../support/pluginserver/hostPlugin';

const PLUGINS = path.resolve(__dirname, '../../../support/pluginserver/plugins');

type Camel<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name;
/** `request.getHeader` for `kong.request.get_header`. */
type PathOf<Name> = Name extends `kong.${infer Path}` ? Camel<Path> : never;
type FunctionAt<T, Path> = Path extends `${infer First}.${infer Rest}`
  ? FunctionAt<T[First & keyof T], Rest>
  : T[Path & keyof T];
type PathsIn<T, Before extends string = ''> = {
  [Key in keyof T & string]: T[Key] extends (...args: never[]) => unknown
    ? `${Before}${Key}`
    : PathsIn<T[Key], `${Before}${Key}.`>;
}[keyof T & string];
type Typed<Name> = FunctionAt<Kong, PathOf<Name>>;
type ArgumentsOf<Name extends MethodName> = ReturnType<(typeof METHODS)[Name]['args']['decode']>;
type AnswerOf<Name extends MethodName> = ReturnType<(typeof METHODS)[Name]['result']['decode']>;
/** The methods whose messages can't carry what the type takes or returns. */
type Mistyped = {
  [Name in MethodName]: Typed<Name> extends (...args: infer Args) => Promise<infer Answer>
    ? [Args, Answer] extends [ArgumentsOf<Name>, AnswerOf<Name>]
      ? never
      : Name
    : Name;
}[MethodName];

describe('the kong object', () => {
  it('is typed as its methods’ messages are (the compiler checks this)', () => {
    expectTypeOf<PathsIn<Kong>>().toEqualTypeOf<PathOf<MethodName>>();
    // A body is answered with its content or an error that says why there is none, and may be set as text.
    type Bodies = 'kong.request.get_raw_body' | 'kong.service.request.set_raw_body';
    expectTypeOf<Mistyped>().toEqualTypeOf<Bodies>();
  });

  it('calls each function of Kong’s by its name', async () => {
    const sent: unknown[] = [];
    const kong = createPdk({
      async call(name, args) {
        sent.push([name, args]);
        return undefined;
      },
    });
    for (const name of Object.keys(METHODS)) {
      const [, ...parts] = name.split('.');
      const last = parts.pop()!.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
      let namespace = kong as unknown as Record<string, never>;
      for (const part of parts) namespace = namespace[part]!;
      const method = namespace[last] as unknown as (...args: unknown[]) => Promise<unknown>;
      await method.call(namespace, 'first', 2);
    }
    expect(sent).toEqual(Object.keys(METHODS).map((name) => [name, ['first', 2]]));
  });

  it('has nothing else: what Kong does not have fails where it is called', () => {
    const kong = createPdk({ call: () => Promise.resolve() }) as unknown as Record<
      string,
      Record<string, unknown>
    >;
    expect(kong.request!.getNothing).toBeUndefined();
    expect(kong.nothing).toBeUndefined();
  });
});

describe('a plugin in the style of kong-pdk', () => {
  const plugin: LoadedPlugin = loadPlugin(path.join(PLUGINS, 'kong-pdk-style'));

  it('is named after its folder and handles the phases that its class has', () => {
    expect(plugin).toMatchObject({
      name: 'kong-pdk-style',
      version: '0.1.0',
      priority: 0,
      phases: ['access', 'log'],
      schema: [{ message: { type: 'string' } }],
    });
  });

  it.each([
    [{ message: 'hi', __key__: 'plugins:x', __seq__: 2, route_id: 'r' }, 'Javascript says hi to example.com'],
    [{}, 'Javascript says hello to example.com'],
  ])('is hosted: configuration %j', async (config, greeting) => {
    const host = await hostPlugin(plugin);
    const kong = await host.connect();
    const outcome = await kong.event(await kong.start(config, plugin.name), {
      'kong.request.get_header': 'example.com',
    });
    expect(outcome).toEqual({
      end: 'returned',
      calls: [
        ['kong.request.get_header', ['host']],
        ['kong.response.set_header', ['x-hello-from-javascript', greeting]],
        ['kong.response.set_header', ['x-javascript-pid', process.pid]],
      ],
    });
  });

  it('sees a header that is missing as undefined', async () => {
    const host = await hostPlugin(plugin);
    const kong = await host.connect();
    const outcome = await kong.event(await kong.start({}, plugin.name), {
      'kong.request.get_header': Buffer.alloc(0),
    });
    expect(outcome.calls.at(-1)).toEqual(['kong.log.err', ['unable to get header for request']]);
  });
});

describe('loading a plugin', () => {
  it.each([
    ['no-such-folder', /^cannot load the plugin in \S+no-such-folder: Cannot find module [^\n]+$/],
    ['throws-on-load', /^cannot load the plugin in \S+throws-on-load: the plugin cannot start$/],
    ['without-class', /^the plugin in \S+without-class exports no class named Plugin$/],
    ['without-phase', /^the plugin in \S+without-phase handles no phase \(.+\)$/],
  ])('%s: one line says which folder and what is wrong', (folder, message) => {
    expect(() => loadPlugin(path.join(PLUGINS, folder))).toThrow(message);
  });
});
