import { FIELDS } from '../../../plugins/kinesis-ingest/config/schema';
import { type Check, fail, pass, warn } from '../Check';
import { nginxBytes } from '../readKongConf';

/** Kong’s default. */
const DEFAULT_BUFFER_BYTES = 8 * 1024;
const MIB = 1024 * 1024;

export const bodySizes: Check = {
  name: 'body-sizes',
  reason:
    'A body above nginx’s buffer goes to a file that the plugin server can’t see, and is refused; a call to Kinesis above nginx’s limit is answered 413 whatever happened to it.',
  vital: true,
  run({ settings: { kongConf, kongYml } }) {
    if (kongConf === undefined) return warn('there is no kong.conf to look at', 'Name it with --kong-conf.');
    const { nginx_http_client_max_body_size: max, nginx_http_client_body_buffer_size: bufferText } =
      kongConf.settings;
    const maxBody = nginxBytes(max) ?? 0;
    const buffer = nginxBytes(bufferText) ?? DEFAULT_BUFFER_BYTES;
    const ingests = Object.entries(kongYml?.ingests ?? {});
    const largestCall = Math.max(0, ...ingests.map(([, { callBytes }]) => callBytes));
    const advice = `Set nginx_http_client_max_body_size in ${kongConf.path} to ${Math.max(2, Math.ceil(largestCall / MIB))}m or more.`;
    if (maxBody === 0) return fail('nginx takes bodies of any size', advice);
    const taken = ingests.map(([, { maxBodyBytes }]) => maxBodyBytes);
    const limit = taken.length === 0 ? FIELDS.max_body_bytes.default : Math.max(...taken);
    const largest = Math.min(maxBody, kongYml?.allowedBytes ?? limit);
    if (buffer < largest)
      return fail(
        `the buffer has ${buffer} bytes, a body may have ${largest}`,
        `Set nginx_http_client_body_buffer_size in ${kongConf.path} as large as request-size-limiting allows, or as the plugin’s max_body_bytes where there is none.`,
      );
    if (kongYml === undefined)
      return warn(
        `bodies up to ${largest} bytes; there is no kong.yml to look at`,
        'Name it with --kong-yml.',
      );
    const tooLarge = ingests.find(([, { maxEventBytes }]) => maxEventBytes >= largest);
    if (tooLarge !== undefined)
      return fail(
        `${tooLarge[0]} takes events of ${tooLarge[1].maxEventBytes} bytes, Kong bodies of ${largest}`,
        'Let request-size-limiting and nginx_http_client_max_body_size take more than max_event_bytes.',
      );
    if (largestCall > maxBody)
      return fail(`Kong makes calls of ${largestCall} bytes, nginx takes ${maxBody}`, advice);
    return pass(`bodies up to ${largest} bytes, calls up to ${largestCall} of ${maxBody}`);
  },
};
