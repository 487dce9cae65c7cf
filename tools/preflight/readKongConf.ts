/** Settings in a kong.conf, as Kong reads it. */

export type KongSettings = Readonly<Record<string, string>>;

/** @returns the text of each setting in the file; for one set twice, the last, as in Kong */
export function readKongConf(text: string): KongSettings {
  const settings: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const match = /^\s*([a-z0-9_]+)\s*=\s*(.*?)\s*$/.exec(withoutComment(line));
    if (match) settings[match[1]!] = match[2]!;
  }
  return settings;
}

/** `\#` is a number sign, any other one begins a comment. */
function withoutComment(line: string): string {
  return line.replace(/(?<!\\)#.*$/, '').replaceAll('\\#', '#');
}

const UNITS: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A size as nginx writes it, such as `2m`. @returns bytes; undefined if it is not a size */
export function nginxBytes(text: string | undefined): number | undefined {
  const match = /^(\d+)([kmg]?)$/i.exec(text ?? '');
  return match === null ? undefined : Number(match[1]) * UNITS[match[2]!.toLowerCase()]!;
}
