/** The machine's own browsers behind one interface, each fresh for every test: nothing is downloaded. */

import { existsSync } from 'node:fs';

/** In a page. What it is given and returns must be JSON. */
export type InPage<Args extends unknown[], Result> = (...args: Args) => Result | Promise<Result>;

export interface Page {
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  back(): Promise<void>;
  evaluate<Args extends unknown[], Result>(run: InPage<Args, Result>, ...args: Args): Promise<Result>;
  /** By a mouse, in the middle of what the selector finds. */
  click(selector: string, button?: 'left' | 'middle'): Promise<void>;
  /** By a keyboard, into what the selector finds. */
  type(selector: string, text: string): Promise<void>;
  press(key: 'Enter'): Promise<void>;
  /** Of its requests. Chromium only. */
  setHeaders?(headers: Record<string, string>): Promise<void>;
  close(): Promise<void>;
}

export interface Engine {
  newPage(): Promise<Page>;
  /** Of the pages' host, which is the gateway's too: ports don't part cookies. */
  cookies(): Promise<{ name: string; value: string; httpOnly?: boolean }[]>;
  /** What is stored stays. */
  clearCookies(): Promise<void>;
  /** A browser that was never here. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

const ENGINES = {
  chromium: {
    needs: [[process.env.CHROMIUM_BIN, '/usr/bin/chromium', '/usr/bin/chromium-browser']],
    install: 'chromium',
  },
  firefox: { needs: [[process.env.FIREFOX_BIN, '/usr/bin/firefox-esr']], install: 'firefox-esr' },
  webkit: { needs: [['/usr/bin/WebKitWebDriver'], ['/usr/bin/Xvfb']], install: 'webkit2gtk-driver xvfb' },
} as const;

export type EngineName = keyof typeof ENGINES;

/** Which one this run is for: each is a project of its own, see vitest.config.mts. */
export const ENGINE = (process.env.BROWSER ?? 'chromium') as EngineName;

const found = ENGINES[ENGINE].needs.map((files) =>
  files.find((file) => file !== undefined && existsSync(file)),
);

/** Its programs; undefined where it isn't installed. */
export const PROGRAMS = found.every(Boolean) ? (found as string[]) : undefined;

/** Said where tests are skipped. */
export const NEEDED = `${ENGINE} (apt-get install ${ENGINES[ENGINE].install})`;

export async function startEngine(): Promise<Engine> {
  if (ENGINE === 'webkit') return (await import('./webkit.js')).startWebKit();
  return (await import('./puppeteer.js')).startPuppeteer(ENGINE, PROGRAMS![0]!);
}
