/** The plugins' descriptions, which Kong reads with `pluginserver_NAME_query_cmd`. */

import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { kongSchema, type LoadedPlugin, pluginNamed } from './plugin';

/** A description as text. Kong 3.9 reads only one plugin from it. */
export function describePlugin(plugin: LoadedPlugin): string {
  const { name, version, priority, phases } = plugin;
  return `${JSON.stringify({
    Protocol: 'ProtoBuf:1',
    Plugins: [
      { Name: name, Version: version, Priority: priority, Phases: phases, Schema: kongSchema(plugin) },
    ],
  })}\n`;
}

/**
 * @param dump the name of a plugin, or true for the only one
 * @throws Error if it is unclear which plugin is meant
 */
export function pluginToDump(plugins: readonly LoadedPlugin[], dump: string | true): LoadedPlugin {
  const plugin = dump !== true ? pluginNamed(plugins, dump) : plugins.length === 1 ? plugins[0] : undefined;
  if (plugin !== undefined) return plugin;
  const names = plugins.map(({ name }) => name).join(', ');
  throw new Error(`--dump needs the name of one plugin: ${names}`);
}

export interface DescriptionFiles {
  /** @throws Error whose one-line message names the file */
  write(): void;
  /** Writes the files that somebody has removed. */
  restore(): void;
}

/**
 * @param files one for each plugin, in the plugins' order; or none
 * @throws Error if there are more or fewer
 */
export function descriptionFiles(
  plugins: readonly LoadedPlugin[],
  files: readonly string[],
): DescriptionFiles {
  if (files.length > 0 && files.length !== plugins.length) {
    throw new Error(
      `--description is there ${files.length} times and --plugin ${plugins.length} times; each plugin has its own, in the same order`,
    );
  }
  const write = (when: (file: string) => boolean) =>
    files.forEach((file, i) => {
      if (when(file)) writeAtomically(file, describePlugin(plugins[i]!));
    });
  return {
    write: () => write(() => true),
    restore: () => write((file) => !existsSync(file)),
  };
}

function writeAtomically(file: string, text: string): void {
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new Error(`cannot write the description: ${(error as Error).message}`, { cause: error });
  }
}
