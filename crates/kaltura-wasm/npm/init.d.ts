export { default, initSync } from './kaltura_wasm.js';
export * from './index.js';
