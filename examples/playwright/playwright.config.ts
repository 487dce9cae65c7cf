/** A page's tests that look at its events: the page and `kinesis-ingest-micro`, which Playwright starts and ends. */

import { defineConfig } from '@playwright/test';

const {
  VIEW_URL = 'http://127.0.0.1:8080',
  MICRO = 'npx kinesis-ingest-micro --demo',
  CHROMIUM_BIN,
} = process.env;

export default defineConfig({
  // All tests look at the same live view.
  workers: 1,
  use: {
    baseURL: VIEW_URL,
    // A browser of the machine's own, in the place of Playwright's.
    launchOptions: CHROMIUM_BIN === undefined ? {} : { executablePath: CHROMIUM_BIN, args: ['--no-sandbox'] },
  },
  webServer: {
    command: MICRO,
    url: `${VIEW_URL}/switches`,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 5_000 },
  },
});
