#!/bin/bash
# LocalStack runs it when it is ready. A new stream keeps its records for 24 hours.
set -euo pipefail
awslocal kinesis create-stream --stream-name clickstream --shard-count 2
awslocal kinesis wait stream-exists --stream-name clickstream
