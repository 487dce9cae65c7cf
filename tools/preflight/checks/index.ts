/** All checks, in the order reported: the machine, AWS, Kong’s settings, and the link from Kong to the plugin server. */

import type { Check } from '../Check';
import { adminApi } from './adminApi';
import { bodySizes } from './bodySizes';
import { clock } from './clock';
import { credentials } from './credentials';
import { enhancedNetworking } from './enhancedNetworking';
import { fileDescriptors } from './fileDescriptors';
import { front } from './front';
import { kinesisEndpoint } from './kinesisEndpoint';
import { listenBacklog } from './listenBacklog';
import { nodeVersion } from './nodeVersion';
import { pluginServer } from './pluginServer';
import { socketDirectory } from './socketDirectory';
import { streams } from './streams';
import { trustedIps } from './trustedIps';
import { upstreamTls } from './upstreamTls';

export const CHECKS: readonly Check[] = [
  nodeVersion,
  enhancedNetworking,
  fileDescriptors,
  listenBacklog,
  clock,
  kinesisEndpoint,
  credentials,
  streams,
  upstreamTls,
  bodySizes,
  trustedIps,
  adminApi,
  front,
  socketDirectory,
  pluginServer,
];
