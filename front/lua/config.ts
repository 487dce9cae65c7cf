/** A plugin's configuration, and what this front's frames carry, under the name by which frames mean both. */

const { concat, sort } = table;
const cjson = require('cjson.safe');

export interface Config {
  readonly hash: string;
  readonly json: string;
}

/** Kong passes the same table with every request, until the configuration is changed. */
const configs = setmetatable(new LuaTable<object, Config>(), { __mode: 'k' });

export function configOf(conf: object): Config {
  let config = configs.get(conf);
  if (config === undefined) {
    const { name, reads } = PLUGIN;
    config = {
      hash: ngx.md5(name + flatten(reads) + flatten(conf)),
      json: cjson.encode({ config: conf, reads }),
    };
    configs.set(conf, config);
  }
  return config;
}

/** The same text for the same configuration in every nginx worker, whatever the order of a table's keys. */
function flatten(value: unknown): string {
  if (type(value) !== 'table') {
    const text = tostring(value);
    return `${type(value)} ${text.length} ${text}`;
  }
  const entries: string[] = [];
  for (const [key, each] of value as LuaPairsIterable<string, unknown>) {
    // Kong counts a configuration's readings there, in each worker by itself.
    if (key !== '__seq__') entries.push(flatten(key) + flatten(each));
  }
  sort(entries);
  return `{${concat(entries)}}`;
}
