/** Links that lead to a file (`File Downloaded`) or to another site (`Outbound Link Clicked`). */

import { onClicked } from './clicked.js';
import { attribute } from './dom.js';
import type { Source } from './source.js';

const FILE =
  /\.(pdf|docx?|xlsx?|pptx?|csv|txt|rtf|epub|zip|rar|7z|t?gz|dmg|exe|msi|apk|pkg|iso|mp[34]|wav|avi|mov)$/i;

export function downloads(): Source {
  return links(
    'File Downloaded',
    ({ pathname }, link) => FILE.test(pathname) || attribute(link, 'download') !== null,
  );
}

export function outboundLinks(): Source {
  return links(
    'Outbound Link Clicked',
    ({ protocol, host }) => /^http/.test(protocol) && host !== location.host,
  );
}

function links(event: string, isMeant: (url: URL, link: Element) => boolean): Source {
  return (page) =>
    onClicked(page, (_, __, href, link) => {
      if (!href || !link) return;
      const url = new URL(href);
      if (isMeant(url, link)) page.record(event, { href: page.clean(href), host: url.host });
    });
}
