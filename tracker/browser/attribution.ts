/** Where a visit came from, in Segment's shape. https://segment.com/docs/connections/spec/common/#context */

import { cut } from '../core/text.js';
import type { Properties } from '../core/types.js';
import type { Clean } from './addresses.js';
import { documentProp } from './dom.js';

const MAX_LENGTH = 200;

/** Distinguished by the referrer's host. */
const KINDS = {
  email: /^(web)?mail\./,
  search: /\b(google|bing|duckduckgo|yahoo|baidu|yandex|ecosia)\./,
  social: /\b(facebook|instagram|linkedin|reddit|tiktok|youtube)\.|^(t|x)\.co/,
};

/** The `utm_` parameters in the loaded page's address. */
export function campaignOf(clean: Clean): Properties | undefined {
  let campaign: Properties | undefined;
  for (const [key, value] of new URL(clean(location.href) ?? '', location.href).searchParams) {
    const [before, name] = key.split('utm_');
    if (name && !before)
      campaign = { ...campaign, [name === 'campaign' ? 'name' : name]: cut(value, MAX_LENGTH) };
  }
  return campaign;
}

/** The other site that led to the loaded page. */
export function referrerOf(clean: Clean): Properties | undefined {
  const from = documentProp('referrer');
  const name = from && new URL(from).host;
  if (!name || name === location.host) return undefined;
  const type = Object.entries(KINDS).find(([, hosts]) => hosts.test(name))?.[0] ?? 'referral';
  return { type, name, url: clean(from) };
}
