// In Node.js and Deno: the module is read at once, so that `require` works too.

import { readFileSync } from 'node:fs';
import { initSync } from './kaltura_wasm.js';

initSync({ module: readFileSync(new URL('./kaltura_wasm_bg.wasm', import.meta.url)) });

export * from './api.js';
