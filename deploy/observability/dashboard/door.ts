/** The dashboard "Clickstream door": events, latency, delivery to Kinesis, plugin servers, nodes. */

import { layOut } from './panels';
import { delivery } from './rows/delivery';
import { events } from './rows/events';
import { glance } from './rows/glance';
import { latency } from './rows/latency';
import { nodes } from './rows/nodes';
import { pluginServers } from './rows/pluginServers';

export const DASHBOARD = {
  uid: 'clickstream-door',
  title: 'Clickstream door',
  description: 'Events on their way through Kong and kinesis-ingest into Kinesis.',
  tags: ['kong', 'kinesis', 'clickstream'],
  schemaVersion: 41,
  editable: true,
  graphTooltip: 1,
  refresh: '10s',
  time: { from: 'now-1h', to: 'now' },
  timezone: 'browser',
  templating: {
    list: [
      {
        name: 'instance',
        label: 'Plugin server',
        type: 'query',
        datasource: { type: 'prometheus', uid: 'prometheus' },
        query: 'label_values(up{job="kinesis-ingest"}, instance)',
        refresh: 2,
        includeAll: true,
        multi: true,
        current: { text: 'All', value: '$__all' },
      },
      {
        name: 'shards',
        label: 'Shards',
        type: 'textbox',
        query: '2',
        current: { text: '2', value: '2' },
        options: [{ text: '2', value: '2', selected: true }],
      },
    ],
  },
  annotations: {
    list: [
      {
        name: 'Plugin server started',
        datasource: { type: 'prometheus', uid: 'prometheus' },
        enable: true,
        iconColor: 'blue',
        expr: 'changes(process_start_time_seconds{job="kinesis-ingest"}[1m]) > 0',
        titleFormat: '{{instance}} started',
        step: '15s',
      },
    ],
  },
  panels: layOut([glance, events, latency, delivery, pluginServers, nodes]),
};
