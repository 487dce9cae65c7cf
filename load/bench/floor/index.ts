/** A plugin that makes the calls of kinesis-ingest and does nothing else: what is left is the protocol's own cost. */

import type { Kong } from '../../../pluginserver/pdk';

export { Reads } from '../../../plugins/kinesis-ingest';

export const Name = 'floor';
export const Version = '0.1.0';
export const Priority = 750;
export const Schema: readonly object[] = [];

const HEADERS = {
  authorization: `AWS4-HMAC-SHA256 ${'x'.repeat(200)}`,
  'content-type': 'application/x-amz-json-1.1',
  host: 'kinesis.us-east-1.amazonaws.com',
  'x-amz-date': '20260101T000000Z',
  'x-amz-target': 'Kinesis_20131202.PutRecord',
};

export class Plugin {
  async access(kong: Kong): Promise<void> {
    const [, , , body] = await Promise.all([
      kong.client.getForwardedIp(),
      kong.nginx.getVar('request'),
      kong.request.getHeaders(1000),
      kong.request.getRawBody(),
    ]);
    void kong.service.setTarget('kinesis.us-east-1.amazonaws.com', 443);
    void kong.service.request.setScheme('https');
    void kong.service.request.setPath('/');
    void kong.service.request.setHeaders(HEADERS);
    void kong.service.request.setRawBody(body);
    await kong.response.setHeaders({ 'x-user-id': 'u' });
  }
}
