/** A plugin's configuration and `Reads`, and the hash by which frames refer to both. */

const { concat, sort } = table;
const cjson = require('cjson.safe');

export interface Config {
  readonly hash: string;
  readonly json: string;
}

/** Kong passes the same table with every request until the configuration changes. */
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
    // Here Kong counts in each worker how often it has read the configuration.
    if (key !== '__seq__') entries.push(flatten(key) + flatten(each));
  }
  sort(entries);
  return `{${concat(entries)}}`;
}
