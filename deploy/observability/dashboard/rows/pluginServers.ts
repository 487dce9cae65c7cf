import { lines, type Row } from '../panels';
import { RATE } from '../queries';

export const pluginServers: Row = {
  title: 'Plugin servers',
  panels: [
    lines({
      title: 'CPU',
      description: 'Cores in use, over all workers of a server.',
      unit: 'percentunit',
      queries: [[`rate(process_cpu_seconds_total{instance=~"$instance"}[${RATE}])`, '{{instance}}']],
    }),
    lines({
      title: 'Memory',
      description: 'Resident, and of that JavaScript’s heap in use.',
      unit: 'bytes',
      queries: [
        ['process_resident_memory_bytes{instance=~"$instance"}', '{{instance}} resident'],
        ['nodejs_heap_size_used_bytes{instance=~"$instance"}', '{{instance}} heap'],
      ],
    }),
    lines({
      title: 'Event loop lag, p99',
      description: 'Of the worst worker. Each event waits for it at least twice.',
      unit: 's',
      thresholds: [0.02, 0.05],
      queries: [['nodejs_eventloop_lag_p99_seconds{instance=~"$instance"}', '{{instance}}']],
    }),
    lines({
      title: 'Events in flight',
      description: 'Begun and not ended.',
      unit: 'short',
      queries: [['kong_pluginserver_events_in_flight{instance=~"$instance"}', '{{instance}}']],
    }),
    lines({
      title: 'Round trips to Kong per event',
      description: 'Two for an accepted event; more means that a plugin calls the PDK one by one.',
      unit: 'short',
      queries: [
        [
          `sum by (instance) (rate(kong_pluginserver_pdk_round_trips_total{instance=~"$instance"}[${RATE}])) / sum by (instance) (rate(kong_pluginserver_event_seconds_count{instance=~"$instance"}[${RATE}]))`,
          '{{instance}}',
        ],
      ],
    }),
    lines({
      title: 'File descriptors',
      description: 'Connections from Kong and to Kinesis, mostly, of those that are allowed.',
      unit: 'percentunit',
      thresholds: [0.6, 0.8],
      queries: [
        ['process_open_fds{instance=~"$instance"} / process_max_fds{instance=~"$instance"}', '{{instance}}'],
      ],
    }),
  ],
};
