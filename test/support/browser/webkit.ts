/** WebKitGTK's MiniBrowser through its WebDriver, on a screen of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Builder, Button, Capabilities, type WebDriver } from 'selenium-webdriver';
import { freePorts } from '../freePorts';
import { until } from '../until';
import type { Engine, InPage, Page } from './engines';

export async function startWebKit(): Promise<Engine> {
  const [screen, display] = await startScreen();
  const [port] = await freePorts(1);
  const driverProcess = spawn('/usr/bin/WebKitWebDriver', [`--port=${port}`], {
    env: {
      ...process.env,
      DISPLAY: display,
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
      LIBGL_ALWAYS_SOFTWARE: '1',
    },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  await until('the WebKitWebDriver listens', () => fetch(`${url}/status`).catch(() => undefined), 20_000);
  const binary = findMiniBrowser();

  const startSession = async () => {
    const capabilities = new Capabilities({
      browserName: 'MiniBrowser',
      'webkitgtk:browserOptions': { binary, args: ['--automation', '--autoplay-policy=allow'] },
    });
    const driver = await new Builder().usingServer(url).withCapabilities(capabilities).build();
    await driver.manage().setTimeouts({ script: 60_000, pageLoad: 60_000 });
    return driver;
  };
  let driver = await startSession();
  let isFresh = true;

  return {
    async newPage() {
      if (!isFresh) await driver.switchTo().newWindow('tab');
      isFresh = false;
      return pageOf(driver, await driver.getWindowHandle());
    },
    cookies: async () =>
      (await driver.manage().getCookies()) as { name: string; value: string; httpOnly?: boolean }[],
    clearCookies: () => driver.manage().deleteAllCookies(),
    async reset() {
      await driver.quit();
      driver = await startSession();
      isFresh = true;
    },
    async close() {
      await driver.quit();
      for (const child of [driverProcess, screen]) await ended(child);
    },
  };
}

/** In a directory that has the machine's kind and the library's version in its name. */
function findMiniBrowser(): string {
  const all = readdirSync('/usr/lib', { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => path.join('/usr/lib', name, 'webkit2gtk-4.1/MiniBrowser'));
  return all.find((file) => existsSync(file)) ?? 'MiniBrowser';
}

async function startScreen(): Promise<[ChildProcess, string]> {
  const screen = spawn(
    '/usr/bin/Xvfb',
    ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  );
  const [number] = (await once(screen.stdio[3]!, 'data')) as [Buffer];
  return [screen, `:${number.toString().trim()}`];
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

/** Commands go to the window that is current, so each first makes its own the current one. */
function pageOf(driver: WebDriver, handle: string): Page {
  const here = () => driver.switchTo().window(handle);
  const find = async (selector: string) => {
    await here();
    return driver.findElement({ css: selector });
  };
  return {
    async goto(url) {
      await here();
      await driver.get(url);
    },
    async reload() {
      await here();
      await driver.navigate().refresh();
    },
    async back() {
      await here();
      await driver.executeScript('setTimeout(() => history.back())');
    },
    async evaluate<Args extends unknown[], Result>(run: InPage<Args, Result>, ...args: Args) {
      await here();
      const script = `const done = arguments[arguments.length - 1];
        Promise.resolve((${run})(...${JSON.stringify(args)})).then((value) => done({ value }), (e) => done({ error: String(e) }))`;
      const { value, error } = await driver.executeAsyncScript<{ value: Result; error?: string }>(script);
      if (error !== undefined) throw new Error(error);
      return value;
    },
    async click(selector, button) {
      const element = await find(selector);
      if (button !== 'middle') return element.click();
      await driver.actions().move({ origin: element }).press(Button.MIDDLE).release(Button.MIDDLE).perform();
    },
    async type(selector, text) {
      await (await find(selector)).sendKeys(text);
    },
    async press(key) {
      await here();
      await driver.actions().sendKeys({ Enter: '\uE007' }[key]).perform();
    },
    async close() {
      await here();
      await driver.close();
    },
  };
}
