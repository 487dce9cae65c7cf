import { isArn, streamName } from '../../../plugins/kinesis-ingest/config/stream';
import { type Check, type CheckContext, type Finding, fail, type IngestSettings, pass, warn } from '../Check';

/** The worst comes first. */
const RANKS: Finding['status'][] = ['fail', 'warn', 'pass'];

export const streams: Check = {
  name: 'streams',
  reason:
    'A stream may choose shards by itself, whatever the partition key, and has a record limit of its own.',
  vital: true,
  async run(context) {
    const { kongYml } = context.settings;
    if (kongYml === undefined) return warn('there is no kong.yml to look at', 'Name it with --kong-yml.');
    const findings = await Promise.all(
      Object.values(kongYml.ingests).flatMap((ingest) =>
        ingest.streams.map((stream) => findingOf(stream, ingest, context)),
      ),
    );
    findings.sort((a, b) => RANKS.indexOf(a.status) - RANKS.indexOf(b.status));
    const [worst] = findings;
    if (worst === undefined) return warn('kong.yml names no stream', 'Name it in kinesis-ingest’s `stream`.');
    return { ...worst, message: [...new Set(findings.map(({ message }) => message))].join('; ') };
  },
};

async function findingOf(
  stream: string,
  { maxEventBytes, ordering }: IngestSettings,
  { host, settings: { endpoint } }: CheckContext,
): Promise<Finding> {
  if (stream.startsWith('{vault://'))
    return warn(
      'a stream stands behind a vault reference',
      'Look at it with aws kinesis describe-stream-summary.',
    );
  const name = streamName(stream);
  const probe = await host.describeStream(endpoint, stream);
  if (!probe.described) {
    if (probe.code === 'ResourceNotFoundException')
      return fail(
        `there is no stream ${name}`,
        isArn(stream)
          ? 'Correct stream_arn.'
          : 'Make it, or correct `stream`; one of another account needs stream_arn.',
      );
    return warn(
      `${name} was not described: ${probe.code}`,
      'Let the role do kinesis:DescribeStreamSummary on it, or look with aws kinesis describe-stream-summary: events are sent without that permission.',
    );
  }
  if (maxEventBytes > probe.maxRecordBytes)
    return fail(
      `${name} takes records of ${probe.maxRecordBytes} bytes, max_event_bytes is ${maxEventBytes}`,
      'Lower max_event_bytes, or raise the stream’s limit: aws kinesis update-max-record-size.',
    );
  if (probe.ignoresKeys && ordering === 'per_key')
    return warn(
      `${name} chooses shards by itself (AUTO): events of a user have no order there`,
      'Where their order matters: aws kinesis update-stream-record-distribution-strategy with USER_PARTITION_KEY. Where it doesn’t, ordering: none says so.',
    );
  return pass(
    `${name} takes records of ${probe.maxRecordBytes} bytes${probe.ignoresKeys ? ', in shards of its own choice' : ''}`,
  );
}
