/**
 * The part of a plugin that runs in Kong. It sends what the plugin needs of a request to the plugin server in one frame,
 * and carries out the calls in the reply. ../README.md describes both.
 */

import { carryOut, decode } from './calls';
import { type Config, configOf } from './config';
import { ANSWER_TIMEOUT_S, serverSocket } from './connection';
import { exchange } from './exchange';
import { CALLS, NIL, TEXT, UNKNOWN_CONFIG } from './format';
import { addField, type Frame, head, newFrame } from './frame';
import { addGetters } from './getters';

const { byte } = string;

/** A cause of failure is logged at most once in this many seconds. */
const QUIET_S = 10;
/** Index of the configuration in a frame's pieces: after the head, the name, the phase and the hash. */
const CONFIG_PIECE = 9;
const INTERRUPTED = '{"error":{"code":"interrupted","message":"the request was interrupted, send it again"}}';
const INTERRUPTED_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'retry-after': '1' };

function eventFrame(phase: Phase, hash: string): Frame {
  const frame = newFrame();
  addField(frame, TEXT, PLUGIN.name);
  addField(frame, TEXT, phase);
  addField(frame, TEXT, hash);
  addField(frame, NIL, '');
  addGetters(frame, phase);
  return frame;
}

/** Puts the configuration into its place, which is empty until the server asks for it. */
function addConfig(frame: Frame, { json }: Config): void {
  const { pieces } = frame;
  frame.bytes += json.length;
  pieces[CONFIG_PIECE] = head(TEXT, json.length);
  pieces[CONFIG_PIECE + 1] = json;
}

/** The calls in the server's answer, or nil and the cause if there are none. */
function ask(frame: Frame, config: Config): LuaMultiReturn<[unknown[], undefined] | [undefined, string]> {
  const deadline = ngx.now() + ANSWER_TIMEOUT_S;
  let [reply, rest] = exchange(frame, deadline);
  if (reply !== undefined && byte(reply, 1) === UNKNOWN_CONFIG) {
    addConfig(frame, config);
    [reply, rest] = exchange(frame, deadline);
  }
  if (reply === undefined) return $multi(undefined, rest);
  if (byte(reply, 1) !== CALLS) return $multi(undefined, 'an answer of an unknown kind');
  const [readable, calls] = pcall(decode, reply, rest);
  if (!readable) return $multi(undefined, 'an answer that cannot be read');
  return $multi(calls, undefined);
}

function run(phase: Phase, conf: object): void {
  const config = configOf(conf);
  const [calls, cause] = ask(eventFrame(phase, config.hash), config);
  if (calls !== undefined) {
    carryOut(calls);
    return;
  }
  report(cause!);
  // In place of the plugin's own answer, so that nothing goes upstream.
  kong.response.exit(503, INTERRUPTED, INTERRUPTED_HEADERS);
}

/** nginx has no sockets in its log phase, so the frame is sent after it. */
function runLater(phase: Phase, conf: object): void {
  const config = configOf(conf);
  const frame = eventFrame(phase, config.hash);
  ngx.timer.at(0, () => {
    const [calls, cause] = ask(frame, config);
    if (calls === undefined) report(cause!);
    else carryOut(calls);
  });
}

const loggedAt: Record<string, number> = {};

function report(cause: string): void {
  const now = ngx.now();
  if (now - (loggedAt[cause] ?? 0) < QUIET_S) return;
  loggedAt[cause] = now;
  kong.log.err('plugin server at ', serverSocket(), ': ', cause);
}

const handler: Record<string, unknown> = { PRIORITY: PLUGIN.priority, VERSION: PLUGIN.version };
for (const [phase] of PLUGIN.reads as unknown as LuaPairsIterable<Phase, unknown>) {
  const runPhase = phase === 'log' ? runLater : run;
  handler[phase] = (_self: unknown, conf: object) => runPhase(phase, conf);
}
export = handler;
