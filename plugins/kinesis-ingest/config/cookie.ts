/** The cookie that keeps the user id. */

import { ConfigError, type ConfigValues } from './checkConfig';

export interface Cookie {
  name: string;
  attributes: string;
}

/** @throws ConfigError for a cookie that browsers would silently drop (RFC 6265bis) */
export function cookieOf(values: ConfigValues): Cookie {
  const { cookie_name: name, cookie_max_age: maxAge, cookie_domain: domain } = values;
  const { cookie_same_site: sameSite, cookie_secure: secure } = values;
  if (sameSite === 'None' && !secure) throw new ConfigError('cookie_same_site', 'None needs cookie_secure');
  if (/^__(Host|Secure)-/i.test(name) && !secure)
    throw new ConfigError('cookie_name', 'of that prefix needs cookie_secure');
  if (/^__Host-/i.test(name) && domain !== undefined)
    throw new ConfigError('cookie_domain', 'cannot be had with a cookie_name that begins with __Host-');
  const attributes = ['Path=/', 'HttpOnly', `SameSite=${sameSite}`];
  if (maxAge > 0) attributes.push(`Max-Age=${maxAge}`);
  if (domain !== undefined) attributes.push(`Domain=${domain}`);
  if (secure) attributes.push('Secure');
  return { name, attributes: attributes.join('; ') };
}
