/** Chromium, and Firefox over WebDriver BiDi. */

import puppeteer, { type BrowserContext, type Page as PuppeteerPage } from 'puppeteer-core';
import type { Engine, InPage, Page } from './engines';

const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--autoplay-policy=no-user-gesture-required',
];

export async function startPuppeteer(name: 'chromium' | 'firefox', executablePath: string): Promise<Engine> {
  const browser = await puppeteer.launch({
    browser: name === 'firefox' ? 'firefox' : 'chrome',
    executablePath,
    headless: true,
    defaultViewport: { width: 1280, height: 800 },
    args: name === 'chromium' ? CHROMIUM_ARGS : [],
    ignoreDefaultArgs: name === 'chromium' ? ['--disable-back-forward-cache'] : [],
    extraPrefsFirefox: { 'media.autoplay.default': 0 },
  });
  let context: BrowserContext = await browser.createBrowserContext();
  return {
    newPage: async () => pageOf(await context.newPage()),
    cookies: () => context.cookies(),
    clearCookies: async () => void (await context.deleteCookie(...(await context.cookies()))),
    async reset() {
      const old = context;
      context = await browser.createBrowserContext();
      await old.close();
    },
    close: () => browser.close(),
  };
}

function pageOf(page: PuppeteerPage): Page {
  return {
    goto: async (url) => void (await page.goto(url)),
    reload: async () => void (await page.reload()),
    // A page that comes out of the cache loads nothing to wait for.
    back: async () => void (await page.evaluate(() => void setTimeout(() => history.back()))),
    evaluate: <Args extends unknown[], Result>(run: InPage<Args, Result>, ...args: Args) =>
      page.evaluate(run as (...all: unknown[]) => Result, ...args) as Promise<Result>,
    click: (selector, button = 'left') => page.click(selector, { button }),
    async type(selector, text) {
      await page.focus(selector);
      await page.keyboard.type(text);
    },
    press: (key) => page.keyboard.press(key),
    setHeaders: (headers) => page.setExtraHTTPHeaders(headers),
    close: () => page.close(),
  };
}
