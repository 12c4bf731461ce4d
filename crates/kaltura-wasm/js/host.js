// What the wasm module needs of its host: browsers, Node.js and Deno have all of it in the global scope.
//
// Code that meets values of the user is here and not in Rust: an exception that crosses wasm ends the task that was
// running, and the promise of that task would stay pending.

/** An error of a login or a call. Its properties contain no secret. */
export class KalturaError extends Error {
  constructor(message, details, options) {
    super(message, options);
    Object.assign(this, details);
  }
}
Object.defineProperty(KalturaError.prototype, 'name', { value: 'KalturaError', configurable: true, writable: true });

/** The rejection of each promise that is pending. */
const pending = new Set();
let failed = false;

const failedError = () =>
  new KalturaError('kaltura-wasm has failed and must be loaded again', {
    kind: 'internal',
    retryable: false,
    hint: 'Reload the page or restart the program, and report this as a bug of kaltura-wasm.',
  });

/** The same promise, which is also rejected if the module fails. */
export function guard(promise) {
  if (failed) return Promise.reject(failedError());
  return new Promise((resolve, reject) => {
    const settle = (outcome) => (value) => {
      pending.delete(reject);
      outcome(value);
    };
    pending.add(reject);
    promise.then(settle(resolve), settle(reject));
  });
}

/**
 * The exports of the module, which end all of its promises if one of them fails: a panic, an exhausted stack and
 * exhausted memory are traps, after which none of its tasks goes on. Errors that the module throws itself are no traps.
 */
export function protect(exports) {
  const guarded = (run) => (...values) => {
    try {
      return run(...values);
    } catch (error) {
      // An exhausted stack is a RangeError, and in Firefox an InternalError.
      if (error instanceof WebAssembly.RuntimeError || ['RangeError', 'InternalError'].includes(error?.name)) {
        failed = true;
        for (const reject of pending) reject(failedError());
        pending.clear();
      }
      throw error;
    }
  };
  const entries = Object.entries(exports);
  return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === 'function' ? guarded(value) : value]));
}

/** The longest delay of `setTimeout`; a longer one would fire at once. */
const MAX_DELAY = 2 ** 31 - 1;

/** Starts a timer. A background timer does not keep Node.js or Deno running. */
export function startTimer(callback, milliseconds, background) {
  const deadline = performance.now() + milliseconds;
  const timer = { id: undefined };
  const next = () => {
    const rest = Math.ceil(deadline - performance.now());
    if (rest > MAX_DELAY) schedule(MAX_DELAY, next);
    else schedule(Math.max(rest, 0), callback);
  };
  const schedule = (delay, then) => {
    timer.id = setTimeout(then, delay);
    if (!background) return;
    if (typeof timer.id === 'object') timer.id.unref?.();
    else globalThis.Deno?.unrefTimer?.(timer.id);
  };
  next();
  return timer;
}

export function stopTimer(timer) {
  clearTimeout(timer.id);
}

export function monotonicMilliseconds() {
  return performance.now();
}

/** Calls back when the signal aborts. Returns a function that removes the listener. */
export function onAbort(signal, callback) {
  if (typeof signal?.addEventListener !== 'function' || typeof signal.aborted !== 'boolean') {
    throw invalid('signal must be an AbortSignal');
  }
  if (signal.aborted) callback();
  else signal.addEventListener('abort', callback, { once: true });
  return () => signal.removeEventListener('abort', callback);
}

/** Errors of Node.js that occur before anything is sent. */
const NOT_SENT = new Set([
  'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * POSTs a body and reads the response of at most `limit` bytes.
 *
 * Resolves to an object in any case: `status`, `headers` and `body`, or `failure` and `detail`. The detail is a code or
 * a constant text: messages of errors may contain the URL.
 */
export async function send(url, headers, body, limit, signal, kept) {
  let response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      signal,
      redirect: 'manual',
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
    });
  } catch (error) {
    const code = error?.cause?.code;
    if (NOT_SENT.has(code)) return { failure: 'connect', detail: code };
    if (typeof code === 'string') return { failure: 'io', detail: code };
    return {
      failure: 'unknown',
      detail: 'fetch gives no reason: host not found, connection refused, certificate not trusted, or forbidden by CORS',
    };
  }
  try {
    // Browsers hide status and target of a redirect that they do not follow.
    if (response.type === 'opaqueredirect') return { status: 302, headers: [], body: new Uint8Array() };
    const bytes = await readAll(response.body, limit);
    if (!bytes) return { failure: 'tooLarge', detail: `the response is larger than the limit of ${limit} bytes` };
    const pairs = kept.map((name) => [name, response.headers.get(name)]).filter(([, value]) => value !== null);
    return { status: response.status, headers: pairs, body: bytes };
  } catch (error) {
    const code = error?.cause?.code;
    return { failure: 'io', detail: typeof code === 'string' ? code : 'the response could not be read to its end' };
  }
}

/** All bytes of a stream; `undefined` if there are more than the limit. */
async function readAll(stream, limit) {
  const chunks = [];
  let length = 0;
  if (stream) {
    const reader = stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > limit) {
        // The sender of an endless response must not be waited for.
        reader.cancel().catch(() => {});
        return undefined;
      }
      chunks.push(value);
    }
  }
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

const invalid = (problem) =>
  new KalturaError(problem, { kind: 'invalidArgument', retryable: false, hint: 'Change the program: nothing was sent.' });

/** The deepest nesting that is sent. It also ends the way through an object that contains itself. */
const MAX_DEPTH = 100;

/** The most values that are sent. An object that refers to others several times is written as often. */
const MAX_VALUES = 1_000_000;

/**
 * The value as JSON. Unlike `JSON.stringify` it refuses what has no equivalent, instead of sending something else.
 * `path` says in errors where that is; values are not shown, because they may be secret.
 */
export function encode(value, path) {
  let values = 0;

  function encodeAt(value, path, depth) {
    values += 1;
    if (values > MAX_VALUES) throw invalid('there are too many values');
    switch (typeof value) {
      case 'boolean':
        return String(value);
      case 'number':
        if (!Number.isFinite(value)) throw invalid(`${path} must be a finite number`);
        if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
          throw invalid(`${path} is too large to be exact: use a BigInt or a string`);
        }
        return JSON.stringify(value);
      case 'bigint':
        if (value < -(2n ** 63n) || value >= 2n ** 63n) throw invalid(`${path} is not a 64-bit integer`);
        return String(value);
      case 'string':
        if (/\p{Surrogate}/u.test(value)) throw invalid(`${path} contains half a character (an unpaired surrogate)`);
        return JSON.stringify(value);
      case 'object':
        if (value === null) return 'null';
        if (depth === MAX_DEPTH) throw invalid(`${path} is nested too deeply, or contains itself`);
        return Array.isArray(value) ? encodeArray(value, path, depth + 1) : encodeObject(value, path, depth + 1);
      default:
        throw invalid(`${path} must not be ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}`);
    }
  }

  function encodeArray(array, path, depth) {
    return `[${Array.from(array, (item, index) => encodeAt(item, `${path}[${index}]`, depth)).join()}]`;
  }

  function encodeObject(object, path, depth) {
    if (object instanceof Date) throw invalid(`${path} is a Date: use Unix time, Math.floor(date / 1000)`);
    if (Object.prototype.toString.call(object) !== '[object Object]' || typeof object.toJSON === 'function') {
      throw invalid(`${path} must be a plain object`);
    }
    const members = [];
    for (const [name, value] of Object.entries(object)) {
      // As in JSON.stringify, a member that is not set is not sent.
      if (value === undefined) continue;
      members.push(`${encodeAt(name, `a name in ${path}`, depth)}:${encodeAt(value, `${path}.${name}`, depth)}`);
    }
    return `{${members.join()}}`;
  }

  return encodeAt(value, path, 0);
}

/** The options without `signal`, as JSON, and the signal. */
export function encodeOptions(options, path) {
  if (options === undefined) return ['{}', undefined];
  if (typeof options !== 'object' || options === null) throw invalid(`${path} must be an object`);
  const { signal, ...rest } = options;
  return [encode(rest, path), signal];
}
