// What the package exports, for every host.

import { KalturaClient, Session, loginOnce } from './kaltura_wasm.js';
import { KalturaError } from './snippets/HOST/js/host.js';

// What `console.log` shows in Node.js and Deno: no KS, and no address in the memory of the module.
for (const symbol of [Symbol.for('nodejs.util.inspect.custom'), Symbol.for('Deno.customInspect')]) {
  Session.prototype[symbol] = function () {
    return this.toString();
  };
  KalturaClient.prototype[symbol] = () => 'KalturaClient {}';
}

export { KalturaClient, KalturaError, Session, loginOnce };
