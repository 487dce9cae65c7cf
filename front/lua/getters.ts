/** Reads what a frame carries of a request: the values of the getters that the plugin declares. */

import { IN_FILE, TOO_LARGE } from './format';
import { addField, addHeaders, addValue, type Frame } from './frame';
import { pdk } from './pdk';

const { match } = string;

type Getter = (this: void, frame: Frame) => void;

const byPhase: Record<string, Getter[]> = {};

export function addGetters(frame: Frame, phase: Phase): void {
  let getters = byPhase[phase];
  if (getters === undefined) {
    getters = [];
    for (const read of PLUGIN.reads[phase]!) getters.push(getter(read));
    byPhase[phase] = getters;
  }
  for (const add of getters) add(frame);
}

/** @param read a getter's name and, after a space, its argument */
function getter(read: string): Getter {
  const [name, text] = match(read, '^(%S+) ?(.*)$');
  if (name === 'kong.nginx.get_var') return (frame) => addValue(frame, ngx.var[text]);
  if (name === 'kong.ctx.shared.get') return (frame) => addValue(frame, kong.ctx.shared[text]);
  if (name === 'kong.request.get_raw_body') return addBody;
  const get = pdk(name);
  const arg = text === '' ? undefined : (tonumber(text) ?? text);
  if (match(name, 'get_headers$')[0] !== undefined) {
    return (frame) => addHeaders(frame, get(arg)[0] as LuaPairsIterable<string, string>);
  }
  return (frame) => {
    const [value, cause] = get(arg);
    addValue(frame, value, cause);
  };
}

function addBody(frame: Frame): void {
  const [body, cause] = kong.request.get_raw_body();
  if (body === undefined && ngx.req.get_body_file() !== undefined) addField(frame, IN_FILE, '');
  else if (body !== undefined && (body as string).length > PLUGIN.maxFrameBytes)
    addField(frame, TOO_LARGE, '');
  else addValue(frame, body, cause);
}
