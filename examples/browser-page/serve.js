// Serves the page, its modules, and the options of the client from environment variables.
//
//   cargo xtask wasm                                # in the root of the repository: builds the npm package
//   npm install --no-save ../../target/npm/kaltura-wasm-*.tgz
//   KALTURA_USER=nightly-import kaltura emulate -- npm start

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

const env = process.env;
const options = {
  serviceUrl: env.KALTURA_SERVICE_URL ?? 'https://www.kaltura.com',
  partnerId: Number(env.KALTURA_PARTNER_ID),
  appToken: { id: env.KALTURA_APP_TOKEN_ID, token: env.KALTURA_APP_TOKEN, hashType: env.KALTURA_APP_TOKEN_HASH_TYPE },
  ...(env.KALTURA_USER && { userId: env.KALTURA_USER }),
};

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === '/options.json') {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    response.end(JSON.stringify(options));
    return;
  }
  // `normalize` of an absolute path does not leave the folder.
  const path = join(folder, normalize(pathname === '/' ? '/index.html' : decodeURIComponent(pathname)));
  const type = types[extname(path)];
  const contents = type && (await readFile(path).catch(() => undefined));
  response.writeHead(contents ? 200 : 404, { 'Content-Type': type ?? 'text/plain' });
  response.end(contents ?? 'not found');
});
server.listen(Number(env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
