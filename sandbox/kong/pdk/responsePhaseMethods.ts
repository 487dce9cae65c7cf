/** What the PDK has besides in the `response` phase: the upstream's answer, and what the client will get. */

import { textOf } from '../../http/bytes';
import type { HeaderList } from '../../http/headers';
import { checkMax, checkStatus } from './arguments';
import type { PdkCall, PdkMethods } from './types';

export const RESPONSE_PHASE_METHODS: PdkMethods = {
  'kong.response.get_status': (call) => answerOf(call).status,
  'kong.response.get_header': ({ request }, name) => headerText(request.responseHeaders, name),
  'kong.response.get_headers': ({ request }, max) => ({
    ...request.responseHeaders.toStruct(checkMax(max, 'max_headers')),
    // nginx's word about its own connection to the client is among them.
    connection: request.raw.headers.connection === 'close' ? 'close' : 'keep-alive',
  }),
  'kong.response.get_source': () => 'service',
  'kong.response.set_status': (call, status) => {
    checkStatus(status);
    answerOf(call).status = status;
  },
  'kong.service.response.get_status': (call) => answerOf(call).upstreamStatus,
  'kong.service.response.get_header': (call, name) => headerText(answerOf(call).headers, name),
  // Kong answers with a table that can be asked for a name but not walked through, so nothing of it is encoded.
  'kong.service.response.get_headers': (_call, max) => {
    checkMax(max, 'max_headers');
    return {};
  },
  'kong.service.response.get_raw_body': (call) => answerOf(call).body,
};

function answerOf({ request }: PdkCall) {
  return request.upstreamAnswer!;
}

function headerText(headers: HeaderList, name: string): string | undefined {
  const value = headers.get(name.replaceAll('_', '-'));
  return value === undefined ? undefined : textOf(value);
}
