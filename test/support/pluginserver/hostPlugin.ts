/** Hosts a plugin inside the test's own process, on a Unix socket of its own. */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Connection } from '../../../pluginserver/connection/connection';
import { serveEitherWay } from '../../../pluginserver/connection/eitherWay';
import { createInstanceRegistry, type InstanceRegistry } from '../../../pluginserver/instances';
import type { LoadedPlugin, Phase, PluginInstance, Reads } from '../../../pluginserver/plugin';
import { DEFAULT_MAX_FRAME_BYTES } from '../../../pluginserver/protocol/frames';
import type { WorkBudget } from '../../../pluginserver/workBudget';
import { plentyOfMemory } from '../plentyOfMemory';
import { connectKong, type KongSide } from './kongSide';

export interface HostOptions {
  phaseTimeoutMs?: number;
  maxFrameBytes?: number;
  instances?: InstanceRegistry;
  budget?: WorkBudget;
}

export interface Host {
  instances: InstanceRegistry;
  logged: Record<string, unknown>[];
  /** The server's ends of the connections, in the order in which they were opened. */
  connections: ServerEnd[];
  socketPath: string;
  connect(): Promise<KongSide>;
  /** Resolves when the server has read and answered whatever was sent to it before. */
  roundTrip(): Promise<void>;
}

export interface ServerEnd extends Connection {
  socket: net.Socket;
  /** How often the socket was written to, several buffers in one system call counting once. */
  writes: number;
}

/** A plugin named `test-plugin` whose instances are made by `create`, or all are `instance`. */
export function pluginOf(
  instance: PluginInstance | ((config: unknown) => PluginInstance),
  phases: readonly Phase[] = ['access'],
  name = 'test-plugin',
  reads: Reads = {},
): LoadedPlugin {
  const Plugin = class {
    constructor(config: unknown) {
      Object.assign(this, typeof instance === 'function' ? instance(config) : instance);
    }
  };
  return { name, version: '1.2.3', priority: 10, phases, reads, schema: [], Plugin };
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'pluginserver-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function capturedLog() {
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: 'trace' }, { write: (line) => logged.push(JSON.parse(line)) });
  return { log, logged };
}

export async function hostPlugin(
  plugin: LoadedPlugin | readonly LoadedPlugin[],
  options: HostOptions = {},
): Promise<Host> {
  const plugins = [plugin].flat();
  const { log, logged } = capturedLog();
  const budget = options.budget ?? plentyOfMemory();
  const instances = options.instances ?? createInstanceRegistry(plugins, log, budget);
  const connections: ServerEnd[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const connection = serveEitherWay(socket, {
      plugins,
      instances,
      budget,
      log,
      phaseTimeoutMs: options.phaseTimeoutMs ?? 10_000,
      maxFrameBytes: options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
    });
    connections.push(countWrites(socket, connection));
  });
  const socketPath = path.join(temporaryFolder(), 'plugin.sock');
  server.listen(socketPath);
  await once(server, 'listening');
  const kongs: KongSide[] = [];
  onTestFinished(() => {
    server.close();
    for (const { socket } of [...kongs, ...connections]) socket.destroy();
  });

  async function connect(): Promise<KongSide> {
    const kong = await connectKong(socketPath);
    kongs.push(kong);
    return kong;
  }

  return {
    instances,
    logged,
    connections,
    socketPath,
    connect,
    async roundTrip() {
      const kong = await connect();
      for (let i = 0; i < 3; i++) {
        kong.send(Buffer.from([0xfa, 0x01, 0x00, 0x08, 0x01])); // GetPluginNames, sequence 1
        await kong.frame();
      }
      kong.socket.destroy();
    },
  };
}

function countWrites(socket: net.Socket, connection: Connection): ServerEnd {
  const end = Object.assign(Object.create(connection) as Connection, { socket, writes: 0 });
  const { _write, _writev } = net.Socket.prototype as Required<net.Socket>;
  socket._write = function (...args) {
    end.writes++;
    _write.apply(this, args);
  };
  socket._writev = function (...args) {
    end.writes++;
    _writev.apply(this, args);
  };
  return end;
}
