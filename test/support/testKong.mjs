/**
 * `npm run test:kong`: the integration suite on the Kong that KONG_BIN names, without a database and on Postgres;
 * with `-- --front` over the front.
 */

import { spawnSync } from 'node:child_process';

const { KONG_BIN, PGDATABASE } = process.env;
const given = process.argv.slice(2);
const front = given.includes('--front');
if (!KONG_BIN) {
  console.error('test:kong: KONG_BIN is not set. KONG_BIN=/path/to/kong npm run test:kong');
  process.exit(1);
}

/** DB-less, then on Postgres; KONG_DATABASE=off or postgres asks for one of them. */
function databases() {
  if (process.env.KONG_DATABASE) return [process.env.KONG_DATABASE];
  if (PGDATABASE) return ['off', 'postgres'];
  console.log(
    'test:kong: Postgres is skipped: PGDATABASE names no database for tests (nor PGHOST, PGPORT, PGUSER, PGPASSWORD)',
  );
  return ['off'];
}

const failed = databases().filter((database) => {
  console.log(`test:kong: ${KONG_BIN}, database = ${database}${front ? ', over the front' : ''}`);
  const args = ['vitest', 'run', '--project', 'integration*', ...given.filter((arg) => arg !== '--front')];
  const { status } = spawnSync('npx', args, {
    stdio: 'inherit',
    env: { ...process.env, KONG_DATABASE: database, ...(front && { KONG_FRONT: '1' }) },
  });
  return status !== 0;
});
if (failed.length > 0) console.error(`test:kong: failed with database = ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
