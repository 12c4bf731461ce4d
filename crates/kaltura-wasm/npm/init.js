// Where the module comes from is decided by the program: bundlers, service workers, a copy on another host.

export { default, initSync } from './kaltura_wasm.js';
export * from './api.js';
