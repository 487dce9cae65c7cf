import { lines, type Row } from '../panels';
import { EVENTS, quantiles, RATE } from '../queries';

export const delivery: Row = {
  title: 'Delivery to Kinesis',
  panels: [
    lines({
      title: 'Records per shard and second',
      description:
        'On average over the shards, whose number is set at the top. A shard takes 1,000; a hot partition key reaches that earlier.',
      unit: 'ops',
      thresholds: [700, 1000],
      queries: [[`sum(rate(kinesis_ingest_events_total{outcome="accepted"}[${RATE}])) / $shards`, 'records']],
    }),
    lines({
      title: 'Sent again',
      description: 'Retries a second, and per event.',
      unit: 'short',
      queries: [
        [
          `sum by (instance) (rate(kinesis_ingest_retries_total{instance=~"$instance"}[${RATE}]))`,
          '{{instance}}',
        ],
        [
          `sum(rate(kinesis_ingest_retries_total{instance=~"$instance"}[${RATE}])) / sum(rate(${EVENTS}[${RATE}]))`,
          'per event',
        ],
      ],
    }),
    lines({
      title: 'Records per call',
      description: 'How many events travel together. Kinesis takes 500.',
      unit: 'short',
      queries: quantiles('kinesis_ingest_batch_records'),
    }),
    lines({
      title: 'Waiting for Kinesis',
      description:
        'Bytes of events that are taken and not yet stored. When it is full, further ones are answered 503.',
      unit: 'bytes',
      queries: [['kinesis_ingest_queue_bytes{instance=~"$instance"}', '{{instance}}']],
    }),
    lines({
      title: 'Bytes at the door',
      description: 'ingress: from the clients; egress: to them.',
      unit: 'Bps',
      queries: [[`sum by (direction) (rate(kong_bandwidth_bytes[${RATE}]))`, '{{direction}}']],
    }),
    lines({
      title: 'Age of the credentials',
      description: 'Saw teeth: each fall is a renewal.',
      unit: 's',
      queries: [
        ['time() - kinesis_ingest_credentials_fetched_seconds{instance=~"$instance"}', '{{instance}}'],
      ],
    }),
  ],
};
