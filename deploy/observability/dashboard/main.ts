/** `npm run dashboard`: writes the dashboard that Grafana reads. */

import { writeFileSync } from 'node:fs';
import { DASHBOARD } from './door';

writeFileSync('deploy/observability/grafana/dashboards/door.json', `${JSON.stringify(DASHBOARD, null, 2)}\n`);
