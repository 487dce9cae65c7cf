import { type Check, fail, pass, warn } from '../Check';
import { nginxBytes } from '../readKongConf';

/** Kong’s default. */
const DEFAULT_BUFFER_BYTES = 8 * 1024;

export const bodySizes: Check = {
  name: 'body-sizes',
  reason: 'A body above nginx’s buffer goes to a file that the plugin server can’t see, and is refused.',
  vital: true,
  run({ settings: { kongConf, maxEventBytes } }) {
    if (kongConf === undefined) return warn('there is no kong.conf to look at', 'Name it with --kong-conf.');
    const { nginx_http_client_max_body_size: max, nginx_http_client_body_buffer_size: bufferText } =
      kongConf.settings;
    const advice = `Set nginx_http_client_max_body_size and nginx_http_client_body_buffer_size in ${kongConf.path} to the same size, above max_event_bytes: 2m for the default of 1 MiB.`;
    const maxBody = nginxBytes(max) ?? 0;
    const buffer = nginxBytes(bufferText) ?? DEFAULT_BUFFER_BYTES;
    if (maxBody === 0) return fail('nginx takes bodies of any size', advice);
    if (buffer < maxBody) return fail(`the buffer has ${buffer} bytes, a body may have ${maxBody}`, advice);
    if (maxEventBytes === undefined)
      return warn(
        `bodies up to ${maxBody} bytes; there is no kong.yml to look at`,
        'Name it with --kong-yml.',
      );
    const tooLarge = Object.entries(maxEventBytes).find(([, bytes]) => bytes >= maxBody);
    if (tooLarge !== undefined)
      return fail(`${tooLarge[0]} takes events of ${tooLarge[1]} bytes, nginx bodies of ${maxBody}`, advice);
    return pass(
      `bodies up to ${maxBody} bytes, events up to ${Math.max(0, ...Object.values(maxEventBytes))}`,
    );
  },
};
