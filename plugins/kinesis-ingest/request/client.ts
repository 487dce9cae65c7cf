/** What a request says of its client, for all its events. */

import type { Config } from '../config/config';
import { headerText, type IngestRequest } from './readRequest';
import { truncateIp } from './truncateIp';
import { cookieValue, isUserId } from './userId';

export interface Client {
  /** Whether it asks not to be recognised: it is told no user id then. */
  isPrivate: boolean;
  /** Truncated where the configuration or the client asks for it. */
  ip: string;
  /** A header as one text; undefined where it is absent. */
  header(name: string): string | undefined;
  /**
   * The user id of an event: its own, `X-User-Id`, the cookie's, else a new one, the same for all events of the
   * request. Where privacy is asked for only the event's own.
   *
   * @param own the event's id, where it has one
   */
  userIdFor(own: string | undefined): string | undefined;
}

export function clientOf(
  { ip: address, headers }: IngestRequest,
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
    const id =
      headerText(headers, 'x-user-id') || cookieValue(headerText(headers, 'cookie'), config.cookie.name);
    return id !== undefined && isUserId(id) ? id : issue();
  }

  return {
    isPrivate,
    ip,
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
