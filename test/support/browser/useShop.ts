/** Everything from the page to the stream, for the tests of a file. */

import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { pluginOf } from '../../../testkit/kongYml';
import type { TrackedEvent } from '../../../tracker/core/types';
import { until } from '../until';
import { useGateway } from '../useGateway';
import { type Engine, type Page, startEngine } from './engines';
import { type ShopServer, startShopServer } from './shopServer';
import { type SwitchableDoor, startDoor } from './switchableDoor';

declare const errors: string[];

/** An event as it lies in Kinesis, with what the gateway has added. */
export interface StoredEvent extends TrackedEvent {
  user_id: string;
  ip: string;
  received_at: string;
  sentAt: string;
  properties: Record<string, unknown>;
  context: { page: Record<string, string>; sessionId: string; sessionIndex: number } & Record<
    string,
    unknown
  >;
}

export interface Shop {
  readonly url: string;
  readonly door: SwitchableDoor;
  readonly engine: Engine;
  readonly server: ShopServer;
  open(path?: string, options?: object): Promise<Page>;
  /** Opens a page with this content; it has no uncaught error until the test ends. */
  openPage(html: string): Promise<Page>;
  /** What was stored since the test began, in the order of the events' times. */
  stored(): Promise<StoredEvent[]>;
  /** What they are named, or of what type they are where they have no name. */
  names(): Promise<string[]>;
  /** Waits for the first that fits. */
  event(what: string, fits: (event: StoredEvent) => boolean): Promise<StoredEvent>;
  named(name: string): Promise<StoredEvent>;
}

export interface ShopOptions {
  /** Whether the page's origin is in the gateway's `cors` plugin. Default true. */
  isAllowedOrigin?: boolean;
}

export function useShop({ isAllowedOrigin = true }: ShopOptions = {}): Shop {
  let server: ShopServer | undefined;
  let door: SwitchableDoor | undefined;
  let engine: Engine | undefined;
  let pages: Page[] = [];
  let ownPages: Page[] = [];

  beforeAll(async () => {
    server = await startShopServer(() => `${door!.url}/events`);
  });

  const stack = useGateway({
    config(kongYml) {
      if (isAllowedOrigin) pluginOf(kongYml, 'cors').config.origins = [server!.url];
      pluginOf(kongYml, 'kinesis-ingest').config.respect_privacy_signals = true;
    },
  });

  beforeAll(async () => {
    door = await startDoor(stack.gateway.proxyUrl);
    engine = await startEngine();
  });

  afterEach(async () => {
    const uncaught = await Promise.all(ownPages.map((page) => page.evaluate(() => errors).catch(String)));
    await engine!.reset();
    pages = [];
    ownPages = [];
    server!.before = '';
    stack.kinesis.forget();
    expect(uncaught.flat()).toEqual([]);
  });

  afterAll(async () => {
    await engine?.close();
    await door?.shut();
    await server?.close();
  });

  async function stored(): Promise<StoredEvent[]> {
    return stack.kinesis.stored
      .map(({ data }) => JSON.parse(data) as StoredEvent)
      .sort((a, b) => a.timestamp.localeCompare(b.timestamp));
  }

  const event: Shop['event'] = (what, fits) =>
    until(`${what} is stored`, async () => (await stored()).find(fits));

  async function open(path = '/', options = {}): Promise<Page> {
    const page = await engine!.newPage();
    pages.push(page);
    const query = Object.keys(options).length > 0 ? `?options=${JSON.stringify(options)}` : '';
    await page.goto(`${server!.url}${path}${query}`);
    return page;
  }

  return {
    get url() {
      return server!.url;
    },
    get door() {
      return door!;
    },
    get engine() {
      return engine!;
    },
    get server() {
      return server!;
    },
    open,
    async openPage(html) {
      server!.show('/page', html);
      const page = await open('/page');
      ownPages.push(page);
      return page;
    },
    stored,
    names: async () => (await stored()).map(({ type, event: name }) => name ?? type),
    event,
    named: (name) => event(`"${name}"`, (candidate) => candidate.event === name),
  };
}
