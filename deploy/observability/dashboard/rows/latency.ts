import { heatmap, lines, type Row } from '../panels';
import { average, quantiles, RATE } from '../queries';

export const latency: Row = {
  title: 'Latency',
  panels: [
    lines({
      title: 'At the door',
      description: 'Kong’s view of whole requests; the buckets are coarse below 25 ms.',
      unit: 'ms',
      thresholds: [150, 200],
      queries: quantiles('kong_request_latency_ms', 'service=~".*"'),
    }),
    heatmap({
      title: 'An event in the plugin server',
      description:
        'Waiting for Kong’s answers included. Two bands: events that wait for Kinesis, and refusals.',
      unit: 's',
      queries: [
        [
          `sum by (le) (increase(kong_pluginserver_event_seconds_bucket{instance=~"$instance",phase="access"}[${RATE}]))`,
          '{{le}}',
        ],
      ],
    }),
    lines({
      title: 'Kinesis',
      description: 'One call, from the first byte sent to the whole answer.',
      unit: 's',
      queries: quantiles('kinesis_ingest_kinesis_seconds'),
    }),
    lines({
      title: 'Where an event’s time goes',
      description: 'Mean of each step in the plugin.',
      unit: 's',
      stacked: true,
      queries: [[average('kong_pluginserver_event_seconds', 'phase'), '{{phase}}']],
    }),
    lines({
      title: 'Plugin server, quantiles',
      description: 'Of an event, as the heat map.',
      unit: 's',
      queries: quantiles('kong_pluginserver_event_seconds', 'instance=~"$instance",phase="access"'),
    }),
    lines({
      title: 'Kong itself',
      description: 'What Kong and its plugins add, ours included.',
      unit: 'ms',
      queries: quantiles('kong_kong_latency_ms', 'service=~".*"'),
    }),
  ],
};
