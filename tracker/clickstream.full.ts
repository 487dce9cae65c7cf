/** `clickstream.full.min.js`: all sources. */

import { attempt } from './core/attempt.js';
import { createTracker } from './createTracker.js';
import { showScript } from './script.js';

attempt(() => showScript(createTracker));
