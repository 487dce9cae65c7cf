/** Everything from the page to the stream, for the tests of a file. */

import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { pluginOf } from '../../../testkit/kongYml';
import type { TrackedEvent } from '../../../tracker/core/types';
import type { Served } from '../serve';
import { until } from '../until';
import { useGateway } from '../useGateway';
import { type Browser, startChromium } from './chromium';
import { startShopServer } from './shopServer';
import { type SwitchableDoor, startDoor } from './switchableDoor';

/** An event as it lies in Kinesis, with what the gateway has added. */
export interface StoredEvent extends TrackedEvent {
  user_id: string;
  ip: string;
  received_at: string;
  sentAt: string;
  properties: Record<string, unknown>;
  context: { page: Record<string, string>; sessionId: string } & Record<string, unknown>;
}

export interface Shop {
  readonly url: string;
  readonly door: SwitchableDoor;
  readonly context: BrowserContext;
  open(path?: string, options?: object): Promise<Page>;
  /** What was stored since the test began. */
  stored(): Promise<StoredEvent[]>;
  /** What they are named, or of what type they are where they have no name. */
  names(): Promise<string[]>;
  /** Waits for the first that fits. */
  event(what: string, fits: (event: StoredEvent) => boolean): Promise<StoredEvent>;
  named(name: string): Promise<StoredEvent>;
}

export function useShop(): Shop {
  let shop: Served | undefined;
  let door: SwitchableDoor | undefined;
  let browser: Browser | undefined;

  beforeAll(async () => {
    shop = await startShopServer(() => `${door!.url}/events`);
  });

  const stack = useGateway({
    config(kongYml) {
      pluginOf(kongYml, 'cors').config.origins = [shop!.url];
      pluginOf(kongYml, 'kinesis-ingest').config.respect_privacy_signals = true;
    },
  });

  beforeAll(async () => {
    door = await startDoor(stack.gateway.proxyUrl);
    browser = await startChromium();
  });

  afterEach(async () => {
    // A test begins with a browser that was never here.
    await Promise.all(browser!.context.pages().map((page) => page.close()));
    await browser!.context.clearCookies();
    const page = await browser!.context.newPage();
    await page.goto(`${shop!.url}/other`);
    await page.evaluate(() => localStorage.clear());
    await page.close();
    stack.kinesis.forget();
  });

  afterAll(async () => {
    await browser?.close();
    await door?.shut();
    await shop?.close();
  });

  async function stored(): Promise<StoredEvent[]> {
    return stack.kinesis.stored.map(({ data }) => JSON.parse(data) as StoredEvent);
  }

  const event: Shop['event'] = (what, fits) =>
    until(`${what} is stored`, async () => (await stored()).find(fits), 20_000);

  return {
    get url() {
      return shop!.url;
    },
    get door() {
      return door!;
    },
    get context() {
      return browser!.context;
    },
    async open(path = '/', options = {}) {
      const page = await browser!.context.newPage();
      const query = Object.keys(options).length > 0 ? `?options=${JSON.stringify(options)}` : '';
      await page.goto(`${shop!.url}${path}${query}`);
      return page;
    },
    stored,
    names: async () => (await stored()).map(({ type, event: name }) => name ?? type),
    event,
    named: (name) => event(`"${name}"`, (candidate) => candidate.event === name),
  };
}
