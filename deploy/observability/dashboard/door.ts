/** The dashboard "Clickstream door": events, latency, delivery to Kinesis, plugin servers, nodes. */

import { heatmap, layOut, lines, number, type Row } from './panels';

const EVENTS = 'kinesis_ingest_events_total{instance=~"$instance"}';
const RATE = '$__rate_interval';

/** @returns a quantile of a histogram, over all chosen instances */
function quantile(q: number, histogram: string, labels = 'instance=~"$instance"'): string {
  return `histogram_quantile(${q}, sum by (le) (rate(${histogram}_bucket{${labels}}[${RATE}])))`;
}

const quantiles = (histogram: string, labels?: string) =>
  [0.5, 0.9, 0.99].map((q) => [quantile(q, histogram, labels), `p${q * 100}`] as const);

function average(histogram: string, by: string): string {
  const rate = (part: string) =>
    `sum by (${by}) (rate(${histogram}_${part}{instance=~"$instance"}[${RATE}]))`;
  return `${rate('sum')} / ${rate('count')}`;
}

const glance: Row = {
  title: 'At a glance',
  panels: [
    number({
      title: 'Accepted',
      description: 'Events a second that Kinesis has.',
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
      title: 'Lost',
      description:
        'Events of the time shown that were neither stored nor refused to their client. Must be 0.',
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

const events: Row = {
  title: 'Events',
  panels: [
    lines({
      title: 'Events by outcome',
      description:
        'refused: the client’s fault. throttled: Kinesis’s limit. failed: Kinesis or we could not.',
      unit: 'ops',
      stacked: true,
      queries: [[`sum by (outcome) (rate(${EVENTS}[${RATE}]))`, '{{outcome}}']],
    }),
    lines({
      title: 'Not accepted, by code',
      description: 'The code of the refusal as the client got it; README.md has the list.',
      unit: 'ops',
      queries: [
        [
          `sum by (outcome, code) (rate(kinesis_ingest_events_total{instance=~"$instance",outcome!="accepted"}[${RATE}]))`,
          '{{outcome}} {{code}}',
        ],
      ],
    }),
    lines({
      title: 'Answers of the door',
      description: 'All requests, also those that never reach the plugin. 429: Kong’s rate limits.',
      unit: 'ops',
      stacked: true,
      queries: [[`sum by (code) (rate(kong_http_requests_total[${RATE}]))`, '{{code}}']],
    }),
  ],
};

const latency: Row = {
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
      queries: [[average('kinesis_ingest_phase_seconds', 'phase'), '{{phase}}']],
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

const delivery: Row = {
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

const pluginServers: Row = {
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

const nodes: Row = {
  title: 'Kong and the balancer',
  panels: [
    lines({
      title: 'Requests by node',
      description: 'As the balancer spreads them.',
      unit: 'ops',
      queries: [
        [`sum by (server) (rate(haproxy_server_http_responses_total{proxy="kong"}[${RATE}]))`, '{{server}}'],
      ],
    }),
    lines({
      title: 'Tried again at the balancer',
      description: 'Requests that a node did not take: a node stops, or has died.',
      unit: 'ops',
      queries: [
        [
          `sum by (server) (rate(haproxy_server_retry_warnings_total{proxy="kong"}[${RATE}]))`,
          '{{server}} again',
        ],
        [
          `sum by (server) (rate(haproxy_server_redispatch_warnings_total{proxy="kong"}[${RATE}]))`,
          '{{server}} elsewhere',
        ],
      ],
    }),
    lines({
      title: 'Connections to Kong',
      description: 'By state, over all nodes.',
      unit: 'short',
      queries: [
        [
          'sum by (state) (kong_nginx_connections_total{state=~"active|reading|writing|waiting"})',
          '{{state}}',
        ],
      ],
    }),
    lines({
      title: 'Who answered',
      description: 'exit: a plugin, ours among them; service: Kinesis through Kong; error: Kong itself.',
      unit: 'ops',
      queries: [[`sum by (source) (rate(kong_http_requests_total[${RATE}]))`, '{{source}}']],
    }),
    lines({
      title: 'Kong’s shared memory',
      description:
        'Of what each dictionary may use. The counters of rate-limiting are in kong_rate_limiting_counters.',
      unit: 'percentunit',
      queries: [
        [
          'max by (shared_dict) (kong_memory_lua_shared_dict_bytes / kong_memory_lua_shared_dict_total_bytes) > 0.1',
          '{{shared_dict}}',
        ],
      ],
    }),
    lines({
      title: 'Database',
      description: '1: each node reaches it.',
      unit: 'short',
      queries: [['min by (instance) (kong_datastore_reachable)', '{{instance}}']],
    }),
  ],
};

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
