// In a browser: the module is fetched from beside this file.

import init from './kaltura_wasm.js';

await init();

export * from './api.js';
