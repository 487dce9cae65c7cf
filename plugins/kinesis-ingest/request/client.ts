/** What a request says about its client. It applies to all its events. */

import type { Config } from '../config/config';
import { headerText, type IngestRequest } from './readRequest';
import { truncateIp } from './truncateIp';
import { isUserId, userIdOfCookies } from './userId';

export interface Client {
  /** Whether the client asks not to be recognised. It is then given no user id. */
  isPrivate: boolean;
  /** Truncated if the configuration or the client asks for it. */
  ip: string;
  /** The name of Kong's authenticated consumer, if it was asked for and there is one. */
  consumer?: string | undefined;
  /** A header as one text; undefined if it is absent. */
  header(name: string): string | undefined;
  /**
   * The user id of an event: its own, else that of `X-User-Id`, else the cookie's, else a new one, which is the same for
   * all events of the request. If the client asks for privacy, only the event's own.
   *
   * @param own the id in the event, if there is one
   */
  userIdFor(own: string | undefined): string | undefined;
}

export function clientOf(
  { ip: address, headers, consumer }: IngestRequest,
  config: Config,
  newId: () => string,
): Client {
  const isPrivate =
    config.respectPrivacySignals &&
    (isOne(headerText(headers, 'sec-gpc')) || isOne(headerText(headers, 'dnt')));
  const ip = isPrivate || config.anonymizeIp ? truncateIp(address) : address;
  let issued: string | undefined;
  let fallback: string | undefined;

  function issue(): string {
    issued ??= newId();
    return issued;
  }
  function knownOrIssued(): string {
    const own = headerText(headers, 'x-user-id');
    if (own) return isUserId(own) ? own : issue();
    return userIdOfCookies(headerText(headers, 'cookie'), config.cookie.name) ?? issue();
  }

  return {
    isPrivate,
    ip,
    consumer,
    header: (name) => headerText(headers, name),
    userIdFor(own) {
      if (own && isUserId(own)) return own;
      if (isPrivate) return undefined;
      if (own) return issue();
      fallback ??= knownOrIssued();
      return fallback;
    },
  };
}

function isOne(header: string | undefined): boolean {
  return header?.trim() === '1';
}
