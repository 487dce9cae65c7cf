import { lines, type Row } from '../panels';
import { EVENTS, RATE } from '../queries';

export const events: Row = {
  title: 'Events',
  panels: [
    lines({
      title: 'Events by outcome',
      description:
        'refused: the client’s fault. throttled: Kinesis’s limit. failed: Kinesis or we could not. lost: not known in time.',
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
