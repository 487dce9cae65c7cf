import { defineConfig } from 'vitest/config';

/** A Kong binary has one database and one log, Docker one set of images; each sandbox has everything of its own. */
const onSandbox = !process.env.KONG_BIN && process.env.TEST_DRIVER !== 'docker';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          fileParallelism: onSandbox,
          maxWorkers: onSandbox ? 4 : 1,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
