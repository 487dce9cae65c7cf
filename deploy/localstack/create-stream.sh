#!/bin/bash
# LocalStack runs it when it is ready: the stream of kong.yml, which keeps its records for 24 hours, the least there is.
set -euo pipefail

stream=clickstream

if ! awslocal kinesis describe-stream-summary --stream-name "$stream" >/dev/null 2>&1; then
  awslocal kinesis create-stream --stream-name "$stream" --shard-count "${STREAM_SHARDS:-2}"
  awslocal kinesis wait stream-exists --stream-name "$stream"
fi
retention=$(awslocal kinesis describe-stream-summary --stream-name "$stream" \
  --query StreamDescriptionSummary.RetentionPeriodHours --output text)
if [ "$retention" -gt 24 ]; then
  awslocal kinesis decrease-stream-retention-period --stream-name "$stream" --retention-period-hours 24
fi
