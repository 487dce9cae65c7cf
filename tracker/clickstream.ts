/** `clickstream.min.js`: what is on by default. */

import { attempt } from './core/attempt.js';
import { createDefault } from './createDefault.js';
import { showScript } from './script.js';

attempt(() => showScript(createDefault));
