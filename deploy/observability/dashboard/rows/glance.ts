import { number, type Row } from '../panels';
import { RATE } from '../queries';

export const glance: Row = {
  title: 'At a glance',
  panels: [
    number({
      title: 'Accepted',
      description: 'Events a second that Kinesis has, or with delivery: proxy that Kong was given for it.',
      unit: 'ops',
      queries: [[`sum(rate(kinesis_ingest_events_total{outcome="accepted"}[${RATE}]))`]],
    }),
    number({
      title: 'Accepted of all that were right',
      description: 'Without those that were refused, which are the clients’ fault.',
      unit: 'percentunit',
      decimals: 3,
      lowIsBad: true,
      thresholds: [0.99, 0.999],
      queries: [
        [
          `sum(rate(kinesis_ingest_events_total{outcome="accepted"}[${RATE}])) / sum(rate(kinesis_ingest_events_total{outcome!="refused"}[${RATE}]))`,
        ],
      ],
    }),
    number({
      title: 'Not known in time',
      description:
        'Events of the time shown whose deadline passed before Kinesis had said what became of them. Their clients were told to send them again.',
      unit: 'short',
      decimals: 0,
      thresholds: [1, 1],
      queries: [['sum(increase(kinesis_ingest_events_total{outcome="lost"}[$__range])) or vector(0)']],
    }),
    number({
      title: 'p99 at the door',
      description:
        'From the request’s first byte to the answer’s last one, as Kong sees it. The bar: 200 ms.',
      unit: 'ms',
      thresholds: [150, 200],
      queries: [[`histogram_quantile(0.99, sum by (le) (rate(kong_request_latency_ms_bucket[${RATE}])))`]],
    }),
    number({
      title: 'Nodes ready',
      description: 'Kong nodes that the balancer sends events to.',
      unit: 'short',
      lowIsBad: true,
      thresholds: [1, 2],
      queries: [['sum(haproxy_server_status{proxy="kong",state="UP"})']],
    }),
    number({
      title: 'Credentials end in',
      description: 'Renewed about six minutes before. Without a value they are static ones.',
      unit: 's',
      lowIsBad: true,
      thresholds: [60, 240],
      queries: [['min(kinesis_ingest_credentials_expiry_seconds) - time()']],
    }),
  ],
};
