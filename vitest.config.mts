import { defineConfig } from 'vitest/config';

/** A Kong binary has one database, Docker one set of images; each sandbox has everything of its own. */
const onDocker = process.env.TEST_DRIVER === 'docker';
const onSandbox = !process.env.KONG_BIN && !onDocker;

/** Files that watch the clock, or hold ten thousand connections: they have the machine to themselves. */
const ALONE = ['attacksConnections', 'batchLoss', 'pluginServerLoss', 'workers'].map(
  (name) => `test/integration/${name}.test.ts`,
);
// Docker builds an image first, and starts nine containers.
const INTEGRATION = { testTimeout: 30_000, hookTimeout: onDocker ? 600_000 : 60_000 };

// Node 20 is a floor that is tested on purpose: docs/compatibility.md.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

export default defineConfig({
  test: {
    globalSetup: './test/support/build.mts',
    reporters: ['default', './test/support/skippedReporter.mts'],
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        test: {
          ...INTEGRATION,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          exclude: ALONE,
          fileParallelism: onSandbox,
          maxWorkers: onSandbox ? 3 : 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...INTEGRATION,
          name: 'integration-alone',
          include: ALONE,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'docker',
          include: ['test/docker/**/*.test.ts'],
          testTimeout: 120_000,
          // The image is built in one.
          hookTimeout: 600_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
      ...['chromium', 'firefox', 'webkit'].map((engine) => ({
        test: {
          name: `browser:${engine}`,
          include: ['test/browser/**/*.test.ts'],
          env: { BROWSER: engine },
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      })),
    ],
  },
});
