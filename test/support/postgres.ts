/** The database that the suite may use for Kong: named by libpq's variables, and emptied. */

import { send } from './http';

/** Settings of kong.conf. @throws Error where no database is given for tests */
export function postgresSettings(env: NodeJS.ProcessEnv): Record<string, string> {
  const { PGDATABASE, PGHOST, PGPORT, PGUSER, PGPASSWORD } = env;
  if (!PGDATABASE) throw new Error('PGDATABASE is not set');
  if (!/test/i.test(PGDATABASE))
    throw new Error(
      `PGDATABASE=${PGDATABASE} has no "test" in its name, and what Kong has in it would be deleted`,
    );
  return {
    database: 'postgres',
    pg_host: PGHOST || '127.0.0.1',
    pg_port: PGPORT || '5432',
    pg_user: PGUSER || 'kong',
    ...(PGPASSWORD && { pg_password: PGPASSWORD }),
    pg_database: PGDATABASE,
  };
}

/** Deletes what an earlier gateway had, entities before those that they refer to. */
export async function clearKong(adminUrl: string): Promise<void> {
  for (const kind of ['plugins', 'routes', 'services', 'consumers']) {
    const found = await send(`${adminUrl}/${kind}?size=1000`, { method: 'GET' });
    for (const { id } of (found.json() as { data: { id: string }[] }).data) {
      await send(`${adminUrl}/${kind}/${id}`, { method: 'DELETE' });
    }
  }
}
