import { KalturaClient, KalturaError } from '/node_modules/kaltura-wasm/browser.js';

const status = document.querySelector('#status');
const list = document.querySelector('#media');

const options = await (await fetch('/options.json')).json();
// One client for the page. It logs in now, and renews the session before it expires.
const client = new KalturaClient({ ...options, keepFresh: true });

try {
  const { objects, totalCount } = await client.call('media', 'list', { pager: { pageSize: 20 } });
  for (const { name } of objects) {
    // As text: a name may contain markup.
    list.append(Object.assign(document.createElement('li'), { textContent: name }));
  }
  const { userId, expiresAt } = await client.session();
  status.textContent = `${totalCount} entries of ${userId}, session until ${new Date(expiresAt * 1000).toISOString()}`;
} catch (error) {
  if (!(error instanceof KalturaError)) throw error;
  status.textContent = `${error.message} ${error.hint}`;
}
