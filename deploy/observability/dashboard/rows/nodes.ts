import { lines, type Row } from '../panels';
import { RATE } from '../queries';

export const nodes: Row = {
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
      description:
        'service: Kinesis, through Kong; kong: Kong itself or one of its plugins, ours among them.',
      unit: 'ops',
      queries: [[`sum by (source) (rate(kong_http_requests_total[${RATE}]))`, '{{source}}']],
    }),
    lines({
      title: 'Kong’s shared memory',
      description:
        'The six fullest dictionaries. The counters of rate-limiting are in kong_rate_limiting_counters.',
      unit: 'percentunit',
      queries: [
        [
          'topk(6, max by (shared_dict) (kong_memory_lua_shared_dict_bytes / kong_memory_lua_shared_dict_total_bytes))',
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
