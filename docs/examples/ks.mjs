#!/usr/bin/env node
// Counts the media entries of an account. Needs `kaltura` and no package.
//
// The settings of the command come from its variables, such as KALTURA_APP_TOKEN, or from its profile.

import { execFile } from "node:child_process";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const MARGIN = 60; // seconds

/** A session from the command `kaltura`. */
export class KalturaSession {
  #options;
  #document;
  #until = 0;

  constructor(...options) {
    this.#options = options;
  }

  /** The document of `kaltura ks --json`. Runs the command only if the session has no minute left. */
  get({ fresh = false } = {}) {
    // Before the command is run: the time that it takes counts.
    const now = performance.now() / 1000;
    if (fresh || !this.#document || now >= this.#until) {
      // Calls at the same time share one promise.
      this.#until = Infinity;
      this.#document = this.#ask(now, fresh);
      this.#document.catch(() => (this.#document = undefined));
    }
    return this.#document;
  }

  async #ask(now, fresh) {
    const { stdout } = await run("kaltura", ["ks", "--json", ...this.#options, ...(fresh ? ["--fresh"] : [])]);
    const document = JSON.parse(stdout);
    if (document.version !== 1) throw new Error(`kaltura ks --json: version ${document.version} is not supported`);
    this.#until = now + document.validFor - MARGIN;
    return document;
  }

  /** Calls the API; once more with a new session if the server has ended this one. */
  async call(service, action, parameters = {}) {
    try {
      return await this.#send(await this.get(), service, action, parameters);
    } catch (error) {
      if (error.code !== "INVALID_KS") throw error;
      return this.#send(await this.get({ fresh: true }), service, action, parameters);
    }
  }

  async #send(document, service, action, parameters) {
    const url = `${document.serviceUrl}/api_v3/service/${service}/action/${action}`;
    const body = new URLSearchParams({ ...parameters, ks: document.ks, format: 1 });
    const result = await (await fetch(url, { method: "POST", body })).json();
    if (result?.objectType === "KalturaAPIException") {
      throw Object.assign(new Error(`${result.code}: ${result.message}`), { code: result.code });
    }
    return result;
  }
}

// Not when another module imports it.
if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log((await new KalturaSession().call("media", "list")).totalCount);
}
