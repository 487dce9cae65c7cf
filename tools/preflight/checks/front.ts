import { type Check, pass, warn } from '../Check';
import { PLUGIN } from '../defaults';

const MODULE = `kong/plugins/${PLUGIN}/handler`;

export const front: Check = {
  name: 'front',
  reason:
    'With the front, Kong hands over an event in one frame. Without it, it takes a conversation, and several times the time.',
  run({ host, settings: { kongConf } }) {
    if (kongConf === undefined) return warn('there is no kong.conf to look at', 'Name it with --kong-conf.');
    const templates = (kongConf.settings.lua_package_path ?? '').split(';').filter((path) => path !== '');
    const files = templates.map((template) => template.replace('?', MODULE));
    const found = files.find((file) => host.readText(file) !== undefined);
    if (found === undefined)
      return pass('Kong speaks ProtoBuf:1: lua_package_path names no folder with the front');
    const version = /\["version"\] = "([^"]*)"/.exec(host.readText(found)!)?.[1];
    if (host.readText(found.replace(/handler(?=[^/]*$)/, 'schema')) === undefined)
      return warn(`${found} is there without its schema`, 'Copy both of the front’s files.');
    return pass(`Kong hands events over through the front, version ${version}: ${found}`);
  },
};
