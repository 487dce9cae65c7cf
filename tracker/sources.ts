/** What can be recorded automatically. */

export { type ClicksOptions, clicks } from './browser/clicks.js';
export { forms } from './browser/forms.js';
export { downloads, outboundLinks } from './browser/links.js';
export { pageLeave } from './browser/pageLeave.js';
export { pageViews } from './browser/pageViews.js';
export { scrollDepth } from './browser/scrollDepth.js';
export type { Source, SourcePage } from './browser/source.js';
export { videos } from './browser/videos.js';
