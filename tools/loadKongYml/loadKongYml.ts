/**
 * Loads a `kong.yml` into Kong's database through the Admin API: creates what is missing and leaves what exists
 * alone, so that a limit tuned through the Admin API survives. Kong 3.9's own `kong config db_import` overwrites, and fails
 * if an external plugin is enabled.
 */

import { randomUUID } from 'node:crypto';
import { type Entity, entitiesOf, type Fields, isRecord } from './entities';

export interface LoadOptions {
  /** The file's text. Vault references are stored as they are. */
  kongYml: string;
  adminUrl: string;
  /** Replace what exists with what the file says. Default: false. */
  force?: boolean;
  /** How long to wait for an Admin API that doesn't answer yet. Default: 0. */
  waitMs?: number;
  /**
   * How long nodes take to apply a change in all their workers: db_update_frequency and worker_state_update_frequency
   * together, plus a margin. Default: 6 s, after deploy/kong.conf. Only a load that creates routes waits for it.
   */
  settleMs?: number;
  /** One line per entity. */
  report?(line: string): void;
}

const CLOSED_SUFFIX = '.not-yet-open.invalid';
const RETRY_MS = 250;
const REQUEST_TIMEOUT_MS = 10_000;

/** @throws Error naming the entity, with Kong's reason; a second run continues where this one ended */
export async function loadKongYml({
  kongYml,
  adminUrl,
  force = false,
  waitMs = 0,
  settleMs = 6_000,
  report = () => {},
}: LoadOptions): Promise<void> {
  const entities = entitiesOf(kongYml);
  await waitForAdminApi(adminUrl, waitMs);
  const closed: Entity[] = [];
  for (const entity of entities) {
    const outcome = await load(entity);
    if (outcome !== undefined) report(`${entity.label}: ${outcome}`);
    else closed.push(entity);
  }
  if (closed.length > 0) await new Promise((resolve) => setTimeout(resolve, settleMs));
  for (const { label, path, fields } of closed) {
    await ask('PUT', path, label, fields);
    report(`${label}: created`);
  }

  /** @returns undefined for a route that exists, but still has to be opened */
  async function load({ label, path, fields }: Entity): Promise<string | undefined> {
    const found = await ask('GET', path, label);
    if (path.startsWith('/routes/') && (found === undefined || isClosed(found))) {
      await ask('PUT', path, label, closedRoute(fields));
      return undefined;
    }
    if (found !== undefined && !force) {
      const different = differences(fields.config, found.config, 'config');
      if (different.length === 0) return 'is there';
      return `left as it is; differs from the file in ${different.join(', ')} (--force replaces it)`;
    }
    await ask('PUT', path, label, fields);
    return found === undefined ? 'created' : 'replaced';
  }

  /** @returns undefined if there is no such entity */
  async function ask(
    method: string,
    path: string,
    label: string,
    body?: Fields,
  ): Promise<Fields | undefined> {
    const answer = await fetch(new URL(path, adminUrl), {
      method,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (answer.ok) return JSON.parse(text) as Fields;
    if (answer.status === 404 && method === 'GET') return undefined;
    throw new Error(`${label}: Kong answers ${answer.status}: ${reasonOf(answer.status, text)}`);
  }
}

/**
 * Kong's workers pick up routes and plugins on separate timers: for some seconds a new route would serve without its
 * plugins, its limits and its signature. Until these are everywhere, the route listens on a host that nobody can guess.
 */
function closedRoute(route: Fields): Fields {
  return { ...route, hosts: [`${randomUUID()}${CLOSED_SUFFIX}`] };
}

function isClosed({ hosts }: Fields): boolean {
  return Array.isArray(hosts) && hosts.some((host) => String(host).endsWith(CLOSED_SUFFIX));
}

function reasonOf(status: number, text: string): string {
  if (status === 405) return 'it runs without a database, where configuration comes from declarative_config';
  try {
    return (JSON.parse(text) as { message: string }).message;
  } catch {
    return text;
  }
}

async function waitForAdminApi(adminUrl: string, waitMs: number): Promise<void> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      const answer = await fetch(new URL('/status', adminUrl), {
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      await answer.arrayBuffer();
      if (answer.ok) return;
      throw new Error(`status ${answer.status}`);
    } catch (error) {
      if (Date.now() >= deadline)
        throw new Error(`no Admin API at ${adminUrl}: ${causeOf(error)}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function causeOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}

/** Paths at which the file differs from Kong; what the file leaves out is Kong's default. */
function differences(wanted: unknown, stored: unknown, path: string): string[] {
  if (isRecord(wanted) && isRecord(stored)) {
    return Object.keys(wanted).flatMap((key) => differences(wanted[key], stored[key], `${path}.${key}`));
  }
  const same = JSON.stringify(wanted ?? null) === JSON.stringify(stored ?? null);
  return wanted === undefined || same ? [] : [path];
}
