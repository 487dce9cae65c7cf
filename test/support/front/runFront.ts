/** Runs the front's compiled Lua under LuaJIT against a scripted PDK and a scripted plugin server. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FrontedPlugin, handlerLua, luaValue } from '../../../front/generate';
import { decodeEvent, type EventFrame } from './frames';

export const hasLuaJit = spawnSync('luajit', ['-v']).status === 0;
const COMPILED = path.resolve('dist/front/handler.lua');

/** How the server's end of a connection behaves. */
export interface ScriptedConnection {
  /** The cause with which connecting fails. */
  refused?: string;
  /** The cause with which sending fails. */
  unsent?: string;
  /** Seconds before a call that sends returns. Default 0. */
  sendingTakes?: number;
  /** What the server sends, each piece after one more frame. */
  data?: readonly (Buffer | string)[];
  /** Its pieces come with so many seconds between them instead, the first one after a frame. */
  secondsBetween?: number;
  /** After its data, and a frame, the server says nothing more, or closes the connection. Default: nothing. */
  ends?: 'closed';
}

export interface FrontScript {
  plugin?: Partial<FrontedPlugin>;
  phase?: string;
  conf?: object;
  /** By getter: its value and, where there is none, the cause. Default: a small request. */
  getters?: Record<string, readonly unknown[]>;
  vars?: Record<string, string>;
  shared?: Record<string, unknown>;
  bodyFile?: string;
  pluginservers?: readonly { name: string; socket: string }[];
  connections: readonly ScriptedConnection[];
  /** The call of the PDK that fails. */
  raises?: string;
  /** Default 1. */
  events?: number;
  /** Between their beginnings. Default 0: all begin at once. */
  secondsBetween?: number;
  /** As in nginx's log phase, in which nothing can wait. */
  isLogPhase?: boolean;
  /** Why nginx refuses a timer. */
  noTimer?: string;
  /** How many timers nginx never runs, though it has taken them. Default 0. */
  lostTimers?: number;
  /** When nginx is told to stop, in seconds. */
  exitsAfter?: number;
}

export interface FrontRun {
  calls: [name: string, ...args: unknown[]][];
  frames: EventFrame[];
  logs: [level: string, text: string][];
  connects: number;
  /** Calls of the socket that sent frames. */
  writes: number;
  closed: number;
  /** Seconds of each event, in the order in which they ended. */
  took: number[];
  /** Seconds until nothing was left to do. */
  lasted: number;
  path: string;
  timeouts: number[];
  shared: Record<string, unknown>;
  handler: { PRIORITY: number; VERSION: string };
  /** What a phase has failed with: Kong answers 500. */
  failure?: string;
}

/** The call with which a front answers in the plugin's place. */
export const INTERRUPTED = [
  'kong.response.exit',
  503,
  '{"error":{"code":"interrupted","message":"the request was interrupted, send it again"}}',
  { 'content-type': 'application/json; charset=utf-8', 'retry-after': '1' },
];

export const EXAMPLE: FrontedPlugin = {
  Name: 'example',
  Version: '0.1.0',
  Priority: 750,
  Schema: [],
  Reads: {
    access: ['kong.client.get_forwarded_ip', 'kong.request.get_headers 1000', 'kong.request.get_raw_body'],
  },
};
const REQUEST = {
  'kong.client.get_forwarded_ip': ['192.0.2.1'],
  'kong.request.get_headers': [{ 'user-agent': 'curl', accept: ['a', 'b'] }],
  'kong.request.get_raw_body': ['{"type":"click"}'],
};

export function runFront({ plugin, getters, connections, ...script }: FrontScript): FrontRun {
  const directory = mkdtempSync(path.join(tmpdir(), 'front-'));
  try {
    const handler = path.join(directory, 'handler.lua');
    writeFileSync(handler, handlerLua({ ...EXAMPLE, ...plugin }, readFileSync(COMPILED, 'utf8')));
    const scriptLua = luaValue({
      phase: 'access',
      conf: {},
      pluginservers: [{ name: 'example', socket: '/run/example.sock' }],
      getters: { ...REQUEST, ...getters },
      connections: connections.map(({ data, ...rest }) => ({
        ...rest,
        data: data?.map((piece) => (typeof piece === 'string' ? piece : piece.toString('latin1'))),
      })),
      ...script,
    });
    const scriptFile = path.join(directory, 'script.lua');
    writeFileSync(scriptFile, `return ${scriptLua}`, 'latin1');
    const { status, stdout, stderr } = spawnSync(
      'luajit',
      [path.join(__dirname, 'host.lua'), scriptFile, handler],
      { maxBuffer: 64 * 1024 * 1024 },
    );
    if (status !== 0) throw new Error(`luajit ended with ${status}: ${stderr}`);
    const { sent, ...run } = JSON.parse(stdout.toString()) as Omit<FrontRun, 'frames'> & { sent: string[] };
    return { ...run, frames: sent.map((text) => decodeEvent(Buffer.from(text, 'latin1'))) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
