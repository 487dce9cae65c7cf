import type { Headers } from '../../../pluginserver/pdk';

/** A header as one text, several of a name joined as HTTP allows; undefined where it is absent. */
export function headerText(headers: Headers, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (value === undefined || typeof value === 'string') return value;
  return value.join(name === 'cookie' ? '; ' : ', ');
}
