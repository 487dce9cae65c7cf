/**
 * The sandboxed code of a custom template in Google Tag Manager. Its fields are `scriptUrl` and `endpoint`; it needs the
 * permissions "Injects scripts" (the script's address) and "Accesses global variables" (`clickstream`, read and write).
 */

const createQueue = require('createQueue');
const injectScript = require('injectScript');

// A tag of Tag Manager's has no attributes, so the options come by the queue. A second run starts no second tracker.
createQueue('clickstream')(['createTracker', { endpoint: data.endpoint }]);
injectScript(data.scriptUrl, data.gtmOnSuccess, data.gtmOnFailure, 'clickstream');
