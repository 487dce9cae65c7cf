/**
 * Writes the part of a plugin that runs in Kong: `kong/plugins/NAME/handler.lua` and `schema.lua` under a directory that
 * Kong's `lua_package_path` names.
 *
 *     node dist/front/generate.js plugins/kinesis-ingest dist/front
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** What the front has to know about a plugin's module. */
export interface FrontedPlugin {
  Name: string;
  Version: string;
  Priority: number;
  /** The fields of the `config` record. */
  Schema: readonly unknown[];
  /** By phase: the getters that it calls, by Kong's names, each followed by a space and its argument if it has one. */
  Reads: Readonly<Record<string, readonly string[]>>;
  /** Largest frame in either direction, in bytes. Default: 16 MiB, like the plugin server's. */
  maxFrameBytes?: number;
}

const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** A JSON value in Lua's syntax. */
export function luaValue(value: unknown): string {
  if (typeof value === 'string') return luaString(value);
  if (typeof value !== 'object' || value === null) return value === null ? 'nil' : String(value);
  if (Array.isArray(value)) return `{ ${value.map(luaValue).join(', ')} }`;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{ ${entries.map(([key, each]) => `[${luaString(key)}] = ${luaValue(each)}`).join(', ')} }`;
}

function luaString(text: string): string {
  const escaped = text.replace(/[\\"]/g, '\\$&');
  const byte = (c: string) => (c < '\x80' ? `\\${String(c.charCodeAt(0)).padStart(3, '0')}` : c);
  return `"${escaped.replace(/\p{Cc}/gu, byte)}"`;
}

/** @param compiled the text that `lua/` compiles to */
export function handlerLua(plugin: FrontedPlugin, compiled: string): string {
  const { Name: name, Version: version, Priority: priority, Reads: reads } = plugin;
  const { maxFrameBytes = MAX_FRAME_BYTES } = plugin;
  return `local PLUGIN = ${luaValue({ name, version, priority, reads, maxFrameBytes })}\n${compiled}`;
}

export function schemaLua({ Name: name, Schema: fields }: FrontedPlugin): string {
  return `return ${luaValue({ name, fields: [{ config: { type: 'record', fields } }] })}\n`;
}

if (require.main === module) {
  const [pluginDirectory, outDirectory] = process.argv.slice(2) as [string, string];
  const plugin = createRequire(__filename)(path.resolve(pluginDirectory)) as FrontedPlugin;
  const compiled = readFileSync(path.resolve(__dirname, 'handler.lua'), 'utf8');
  const directory = path.join(outDirectory, 'kong/plugins', plugin.Name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, 'handler.lua'), handlerLua(plugin, compiled));
  writeFileSync(path.join(directory, 'schema.lua'), schemaLua(plugin));
}
