/** `clickstream.min.js`: all sources, for a script tag. */

import { attempt } from './core/attempt.js';
import { showScript } from './script.js';

attempt(showScript);
